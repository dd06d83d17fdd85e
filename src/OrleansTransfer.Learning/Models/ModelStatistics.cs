using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models;

/// <summary>How large a model is and what it costs to run.</summary>
/// <param name="Parameters">Numbers that training can change, head included.</param>
/// <param name="MultiplyAccumulates">Multiply-adds of all convolutions and linear layers for one picture.</param>
/// <param name="InputSize">Height and width of that picture, in pixels.</param>
public sealed record ModelStatistics(long Parameters, long MultiplyAccumulates, int InputSize)
{
    /// <summary>Counts by running <paramref name="model"/> once, in evaluation mode, on one blank picture; the model is left as it was.</summary>
    public static ModelStatistics Of(Classifier model, int inputSize)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        long operations = 0;
        List<Action> unhook = [];
        foreach (var module in model.modules())
        {
            // Each output element is a sum over all weights that lead to its channel.
            if (module is Convolution convolution)
                unhook.Add(convolution.register_forward_hook((_, _, output) => Count(convolution.Weight, output)).remove);
            else if (module is Linear linear)
                unhook.Add(linear.register_forward_hook((_, _, output) => Count(linear.weight!, output)).remove);
        }
        var training = model.training;
        try
        {
            model.eval();
            model.call(zeros([1, 3, inputSize, inputSize], device: model.parameters().First().device));
        }
        finally
        {
            model.train(training);
            foreach (var remove in unhook) remove();
        }
        return new(model.parameters().Sum(parameter => parameter.numel()), operations, inputSize);

        Tensor Count(Tensor weight, Tensor output)
        {
            operations += output.numel() * (weight.numel() / weight.shape[0]);
            return output;
        }
    }
}
