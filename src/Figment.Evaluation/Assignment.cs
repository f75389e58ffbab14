namespace Figment.Evaluation;

/// <summary>Pairs rows with columns one to one so that the sum of the pairs' numbers is the largest there is (Kuhn
/// 1955; here by shortest augmenting paths: Jonker and Volgenant 1987).</summary>
public static class Assignment
{
    /// <summary>The best pairs. Of a table that is not square the longer side keeps some without a partner.</summary>
    /// <param name="gains">What each row gains by each column.</param>
    /// <returns>Each row's column, or -1.</returns>
    public static int[] Best(double[,] gains)
    {
        ArgumentNullException.ThrowIfNull(gains);
        var (rows, columns) = (gains.GetLength(0), gains.GetLength(1));
        if (rows > columns) // the algorithm gives every row a column
        {
            var turned = new double[columns, rows];
            for (var i = 0; i < rows; i++)
                for (var j = 0; j < columns; j++) turned[j, i] = gains[i, j];
            var ofColumns = Best(turned);
            var result = Enumerable.Repeat(-1, rows).ToArray();
            foreach (var (column, row) in ofColumns.Index()) result[row] = column;
            return result;
        }

        // One row after another finds a cheapest path to a free column. The prices of rows and columns keep every
        // pair's cost -gain at or above their sum, and at it for the pairs made. Index 0 stands for none.
        var (rowPrice, columnPrice) = (new double[rows + 1], new double[columns + 1]);
        var rowOf = new int[columns + 1];
        for (var row = 1; row <= rows; row++)
        {
            var (distance, before, settled) = (new double[columns + 1], new int[columns + 1], new bool[columns + 1]);
            Array.Fill(distance, double.PositiveInfinity);
            var at = 0;
            rowOf[0] = row;
            do
            {
                settled[at] = true;
                var (from, nearest, next) = (rowOf[at], double.PositiveInfinity, 0);
                for (var column = 1; column <= columns; column++)
                {
                    if (settled[column]) continue;
                    var slack = -gains[from - 1, column - 1] - rowPrice[from] - columnPrice[column];
                    if (slack < distance[column]) (distance[column], before[column]) = (slack, at);
                    if (distance[column] < nearest) (nearest, next) = (distance[column], column);
                }

                for (var column = 0; column <= columns; column++)
                    if (!settled[column]) distance[column] -= nearest;
                    else
                    {
                        rowPrice[rowOf[column]] += nearest;
                        columnPrice[column] -= nearest;
                    }

                at = next;
            }
            while (rowOf[at] != 0);

            for (; at != 0; at = before[at]) rowOf[at] = rowOf[before[at]];
        }

        var columnOf = Enumerable.Repeat(-1, rows).ToArray();
        for (var column = 1; column <= columns; column++)
            if (rowOf[column] > 0) columnOf[rowOf[column] - 1] = column - 1;
        return columnOf;
    }
}
