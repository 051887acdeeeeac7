import { ColumnDefinitionNode, type DataTypeNode, PostgresQueryCompiler } from "kysely";

/**
 * Gives every text column the collation "C", so that it sorts and compares by bytes as in SQLite, whatever
 * collation the database was made with. It stands here, where no migration can forget it.
 */
export class ByteOrderPostgresCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    super.visitDataType(node);
    const isColumn = this.parentNode !== undefined && ColumnDefinitionNode.is(this.parentNode);
    if (isColumn && /^(text|varchar)/.test(node.dataType)) this.append(' collate "C"');
  }
}
