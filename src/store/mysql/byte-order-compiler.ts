import { ColumnDefinitionNode, type CreateTableNode, type DataTypeNode, MysqlQueryCompiler } from "kysely";

/**
 * Makes every table with a collation that sorts and compares by bytes, trailing spaces included, as SQLite does,
 * and on the one storage engine with transactions; `text` is 64 KiB in MySQL and becomes the next larger type.
 * It stands here, where no migration can forget it.
 */
export class ByteOrderMysqlCompiler extends MysqlQueryCompiler {
  readonly #collation: string;

  constructor(collation: string) {
    super();
    this.#collation = collation;
  }

  protected override visitCreateTable(node: CreateTableNode): void {
    super.visitCreateTable(node);
    this.append(` engine = InnoDB default character set utf8mb4 collate ${this.#collation}`);
  }

  protected override visitDataType(node: DataTypeNode): void {
    const isColumn = this.parentNode !== undefined && ColumnDefinitionNode.is(this.parentNode);
    if (isColumn && node.dataType === "text") this.append("mediumtext");
    else super.visitDataType(node);
  }
}
