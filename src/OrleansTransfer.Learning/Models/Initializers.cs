using OrleansTransfer.Learning.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models;

/// <summary>
/// The initialisations that architectures' origins use, drawn from a generator of one's own: the stock ones draw from a process-wide generator even
/// when they
/// are given another. Numbers are drawn on the CPU and copied, so a seed means the same on every device.
/// </summary>
internal static class Initializers
{
    /// <summary>Draws from a normal distribution.</summary>
    public static void Normal(Tensor tensor, double mean, double std, Generator generator) =>
        Fill(tensor, draw => draw.normal_(mean, std, generator));

    /// <summary>Draws uniformly from -<paramref name="bound"/> to <paramref name="bound"/>.</summary>
    public static void Uniform(Tensor tensor, double bound, Generator generator) => Fill(tensor, draw => draw.uniform_(-bound, bound, generator));

    /// <summary>He's normal initialisation for ReLU, preserving the variance of gradients (arXiv 1502.01852, equation 14): std = sqrt(2 /
    /// fan-out).</summary>
    public static void KaimingNormalFanOut(Tensor weight, Generator generator) => Normal(weight, 0, Math.Sqrt(2.0 / FanOut(weight)), generator);

    /// <summary>
    /// The same for each of <paramref name="groups"/> groups on its own, as TensorFlow counts: std = sqrt(2 / (fan-out / groups)).
    /// </summary>
    public static void NormalFanOut(Tensor weight, int groups, Generator generator) =>
        Normal(weight, 0, Math.Sqrt(2.0 * groups / (weight.shape[2] * weight.shape[3] * weight.shape[0])), generator);

    /// <summary>He's uniform initialisation for ReLU, preserving the variance of activations (arXiv 1502.01852, equation 10): bound = sqrt(6 /
    /// fan-in).</summary>
    public static void KaimingUniformFanIn(Tensor weight, Generator generator) => Uniform(weight, Math.Sqrt(6.0 / FanIn(weight)), generator);

    /// <summary>PyTorch's default for a linear layer: weight and bias uniform within 1 / sqrt(inputs).</summary>
    public static void Linear(TorchSharp.Modules.Linear layer, Generator generator)
    {
        var bound = 1 / Math.Sqrt(FanIn(layer.weight!));
        Uniform(layer.weight!, bound, generator);
        if (layer.bias is { } bias) Uniform(bias, bound, generator);
    }

    /// <summary>PyTorch's default for a convolution: weight and bias uniform within 1 / sqrt(inputs of one output).</summary>
    public static void Convolution(Convolution layer, Generator generator)
    {
        var bound = 1 / Math.Sqrt(FanIn(layer.Weight));
        Uniform(layer.Weight, bound, generator);
        if (layer.Bias is { } bias) Uniform(bias, bound, generator);
    }

    /// <summary>Scale 1, shift 0 and the statistics of data that is already normalised.</summary>
    public static void Identity(BatchNormalisation layer)
    {
        Constant(layer.weight!, 1);
        Constant(layer.bias!, 0);
        layer.reset_running_stats();
    }

    /// <summary>Sets every element to <paramref name="value"/>.</summary>
    public static void Constant(Tensor tensor, double value)
    {
        using var noGradient = no_grad();
        tensor.FillWith(value);
    }

    private static double FanIn(Tensor weight) => (double)weight.numel() / weight.shape[0];

    private static double FanOut(Tensor weight) => (double)weight.numel() / weight.shape[1];

    private static void Fill(Tensor tensor, Action<Tensor> draw)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var values = empty(tensor.shape, ScalarType.Float32);
        draw(values);
        tensor.copy_(values);
    }
}
