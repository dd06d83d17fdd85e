using System.Numerics.Tensors;

namespace OrleansTransfer.Tuning.Numerics;

/// <summary>The lower triangular L with L Lᵀ = A, of a symmetric positive definite matrix, row by row.</summary>
internal sealed class Cholesky
{
    private readonly double[] _lower;
    private readonly int _n;

    private Cholesky(double[] lower, int n) => (_lower, _n) = (lower, n);

    /// <summary>Null when the matrix is not positive definite to working precision.</summary>
    /// <param name="matrix">Row-major [n, n]; overwritten.</param>
    /// <param name="n">Rows.</param>
    public static Cholesky? Of(double[] matrix, int n)
    {
        for (var i = 0; i < n; i++)
        {
            var row = matrix.AsSpan(i * n, n);
            for (var j = 0; j < i; j++)
                row[j] = (row[j] - TensorPrimitives.Dot<double>(row[..j], matrix.AsSpan(j * n, j))) / matrix[j * n + j];
            var pivot = row[i] - TensorPrimitives.SumOfSquares<double>(row[..i]);
            if (!(pivot > 0)) return null;
            row[i] = Math.Sqrt(pivot);
        }
        return new(matrix, n);
    }

    /// <summary>Logarithm of the determinant of A.</summary>
    public double LogDeterminant()
    {
        var sum = 0.0;
        for (var i = 0; i < _n; i++) sum += Math.Log(_lower[i * _n + i]);
        return 2 * sum;
    }

    /// <summary>Replaces b by L⁻¹ b.</summary>
    public void Forward(Span<double> b)
    {
        for (var i = 0; i < _n; i++) b[i] = (b[i] - TensorPrimitives.Dot<double>(_lower.AsSpan(i * _n, i), b[..i])) / _lower[i * _n + i];
    }

    /// <summary>Replaces b by L⁻ᵀ b.</summary>
    public void Backward(Span<double> b)
    {
        for (var i = _n - 1; i >= 0; i--)
        {
            var value = b[i] /= _lower[i * _n + i];
            TensorPrimitives.MultiplyAdd(_lower.AsSpan(i * _n, i), -value, b[..i], b[..i]);
        }
    }

    /// <summary>A⁻¹, row-major.</summary>
    public double[] Inverse()
    {
        // Row k of the transposed L⁻¹ is L⁻¹ e_k, zero before k; then A⁻¹ = L⁻ᵀ L⁻¹.
        var columns = new double[_n * _n];
        for (var k = 0; k < _n; k++)
        {
            var column = columns.AsSpan(k * _n, _n);
            column[k] = 1 / _lower[k * _n + k];
            for (var i = k + 1; i < _n; i++)
                column[i] = -TensorPrimitives.Dot<double>(_lower.AsSpan(i * _n + k, i - k), column[k..i]) / _lower[i * _n + i];
        }
        var inverse = new double[_n * _n];
        for (var i = 0; i < _n; i++)
            for (var j = 0; j <= i; j++)
            {
                var left = columns.AsSpan(i * _n + i, _n - i);
                var right = columns.AsSpan(j * _n + i, _n - i);
                inverse[i * _n + j] = inverse[j * _n + i] = TensorPrimitives.Dot<double>(left, right);
            }
        return inverse;
    }
}
