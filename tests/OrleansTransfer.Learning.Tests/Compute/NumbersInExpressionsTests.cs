using OrleansTransfer.Learning.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Compute;

public class NumbersInExpressionsTests
{
    [Fact]
    public void The_library_holds_every_number_until_libtorch_has_read_it()
    {
        var found = new NumbersInExpressions().In(typeof(TensorArithmetic).Assembly.Location);
        Assert.True(found.Count == 0, $"Use {nameof(TensorArithmetic)} instead of:\n{string.Join('\n', found)}");
    }

    [Theory]
    [InlineData(nameof(Slips.Sum), true)]
    [InlineData(nameof(Slips.Multiple), true)]
    [InlineData(nameof(Slips.Comparison), true)]
    [InlineData(nameof(Slips.Square), true)]
    [InlineData(nameof(Slips.Norm), true)]
    [InlineData(nameof(Slips.Reading), true)]
    [InlineData(nameof(Slips.Held), false)]
    [InlineData(nameof(Slips.Product), false)]
    public void Numbers_in_expressions_are_found(string method, bool expected)
    {
        var found = new NumbersInExpressions().In(typeof(Slips).Assembly.Location);
        Assert.Equal(expected, found.Any(call => call.Contains($"{nameof(Slips)}.{method} calls", StringComparison.Ordinal)));
    }

    private static class Slips
    {
        public static Tensor Sum(Tensor left, Tensor right) => left + right;

        public static Tensor Multiple(Tensor tensor) => 2 * tensor;

        public static Tensor Comparison(Tensor tensor) => tensor >= 0.5;

        public static Tensor Square(Tensor tensor) => tensor.square();

        public static nn.Module Norm() => nn.BatchNorm2d(3);

        public static float Reading(Tensor tensor) => tensor.ToSingle();

        public static Tensor Held(Tensor tensor)
        {
            using Scalar two = 2;
            return tensor.mul(two);
        }

        public static Tensor Product(Tensor left, Tensor right) => left * right;
    }
}
