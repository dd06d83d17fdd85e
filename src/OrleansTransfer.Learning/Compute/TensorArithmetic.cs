using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Compute;

/// <summary>
/// Sums and products whose numbers live until libtorch has read them. TorchSharp (0.107) makes a native object for every number in an expression,
/// also for the 1 that <c>a + b</c> multiplies b with, and nothing keeps the garbage collector from freeing it while the call that reads it is under
/// way. While another thread collects without pause, one such sum in some thousand fails.
/// </summary>
internal static class TensorArithmetic
{
    // Never collected, and never written to: threads may share it.
    private static readonly Scalar s_one = 1, s_minusOne = -1, s_two = 2;

    /// <summary>The sum of two tensors.</summary>
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, s_one);

    /// <summary>A tensor and a number added to every element.</summary>
    public static Tensor Plus(this Tensor tensor, double number)
    {
        using Scalar held = number;
        return tensor.add(held, s_one);
    }

    /// <summary>A tensor of integers and an integer added to every element.</summary>
    public static Tensor PlusWhole(this Tensor tensor, long number)
    {
        using Scalar held = number;
        return tensor.add(held, s_one);
    }

    /// <summary>Every element times itself.</summary>
    public static Tensor Squared(this Tensor tensor) => tensor.pow(s_two);

    /// <summary>Adds another tensor in place.</summary>
    public static Tensor Add(this Tensor tensor, Tensor other) => tensor.add_(other, s_one);

    /// <summary>Adds 1 to every element in place.</summary>
    public static Tensor CountUp(this Tensor tensor) => tensor.add_(s_one, s_one);

    /// <summary>A tensor divided by a number.</summary>
    public static Tensor Over(this Tensor tensor, double divisor)
    {
        using Scalar held = divisor;
        return tensor.div(held);
    }

    /// <summary>Sets every element.</summary>
    public static Tensor FillWith(this Tensor tensor, double value)
    {
        using Scalar held = value;
        return tensor.fill_(held);
    }

    /// <summary>A tensor times a number.</summary>
    public static Tensor Times(this Tensor tensor, double factor)
    {
        using Scalar held = factor;
        return tensor.mul(held);
    }

    /// <summary>A tensor of integers times an integer.</summary>
    public static Tensor TimesWhole(this Tensor tensor, long factor)
    {
        using Scalar held = factor;
        return tensor.mul(held);
    }

    /// <summary>The difference of two tensors.</summary>
    public static Tensor Minus(this Tensor left, Tensor right) => left.add(right, s_minusOne);

    /// <summary>Multiplies a tensor with a number in place.</summary>
    public static Tensor MultiplyBy(this Tensor tensor, double factor)
    {
        using Scalar held = factor;
        return tensor.mul_(held);
    }

    /// <summary>Adds a multiple of another tensor in place.</summary>
    public static Tensor AddMultiple(this Tensor tensor, Tensor other, double factor)
    {
        using Scalar held = factor;
        return tensor.add_(other, held);
    }

    /// <summary>A tensor in which <paramref name="least"/> stands for everything below it.</summary>
    public static Tensor AtLeast(this Tensor tensor, double least)
    {
        using Scalar held = least;
        return tensor.clamp_min(held);
    }

    /// <summary>A tensor in which <paramref name="value"/> stands wherever <paramref name="mask"/>, bool and broadcastable, is true.</summary>
    public static Tensor Masked(this Tensor tensor, Tensor mask, double value)
    {
        using Scalar held = value;
        return tensor.masked_fill(mask, held);
    }

    /// <summary>Where a tensor is as high as a number or higher: bool, of the same shape.</summary>
    public static Tensor IsAtLeast(this Tensor tensor, double number)
    {
        using Scalar held = number;
        return tensor.ge(held);
    }

    /// <summary>Where a tensor is above a number: bool, of the same shape.</summary>
    public static Tensor IsAbove(this Tensor tensor, double number)
    {
        using Scalar held = number;
        return tensor.gt(held);
    }

    /// <summary>Where a tensor of integers is another number: bool, of the same shape.</summary>
    public static Tensor IsNot(this Tensor tensor, long number)
    {
        using Scalar held = number;
        return tensor.ne(held);
    }

    /// <summary>Where a tensor of integers is below a number: bool, of the same shape.</summary>
    public static Tensor IsBelow(this Tensor tensor, long number)
    {
        using Scalar held = number;
        return tensor.lt(held);
    }

    /// <summary>The integers from 0 to <paramref name="count"/> - 1, int64 <c>[count]</c>.</summary>
    public static Tensor UpTo(long count, Device device)
    {
        using Scalar first = 0L, end = count;
        return arange(first, end, s_one, ScalarType.Int64, device);
    }
}
