-- Sends one tools/call over and over, or several in turn, each with an id of its own (a proxy may key its calls by
-- that id), and prints the totals as one line "BENCH {json}".
-- From the environment: BENCH_BODIES (one a line, each with the mark below where the id goes), BENCH_FIRST_ID,
-- BENCH_EXPECT (text every answer holds), BENCH_MIN_BYTES (no answer's body is shorter) and BENCH_VERIFY=1 to read
-- every answer. Reading costs the load generator time, so measured runs leave it off and compare the mean size of
-- an answer instead.
local MARK = "9999999999"
local heads, tails = {}, {}
local threads = {}
local waiting = {}
local expected = os.getenv("BENCH_EXPECT")
local min_bytes = tonumber(os.getenv("BENCH_MIN_BYTES"))
next_id = tonumber(os.getenv("BENCH_FIRST_ID"))
wrong = 0
first_wrong = ""

function setup(thread)
  table.insert(threads, thread)
end

function init()
  for body in os.getenv("BENCH_BODIES"):gmatch("[^\n]+") do
    local whole = wrk.format("POST", nil, nil, body)
    local from, to = whole:find(MARK, 1, true)
    table.insert(heads, whole:sub(1, from - 1))
    table.insert(tails, whole:sub(to + 1))
  end
end

local function plain_request()
  next_id = next_id + 1
  local turn = next_id % #heads + 1
  return heads[turn] .. string.format("%.0f", next_id) .. tails[turn]
end

local function remembered_request()
  local text = plain_request()
  waiting[next_id] = true
  return text
end

local function check(status, _, body)
  local id = tonumber(body:match('"id":(%d+)'))
  local known = status == 200 and id ~= nil and waiting[id]
  local good = known and #body >= min_bytes and body:find(expected, 1, true) ~= nil
  if id ~= nil then waiting[id] = nil end
  if not good then
    wrong = wrong + 1
    if first_wrong == "" then first_wrong = status .. " " .. body:sub(1, 160) end
  end
end

if os.getenv("BENCH_VERIFY") == "1" then
  request = remembered_request
  response = check
else
  request = plain_request
end

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

function done(summary, latency)
  local bad, first = 0, ""
  for _, thread in ipairs(threads) do
    bad = bad + thread:get("wrong")
    if first == "" then first = thread:get("first_wrong") end
  end
  local errors = summary.errors
  io.write(string.format(
    'BENCH {"requests":%d,"durationUs":%d,"bytes":%.0f,"p50Us":%d,"p99Us":%d,' ..
    '"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,"wrong":%d,"firstWrong":%s}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout, bad, quoted(first)))
end
