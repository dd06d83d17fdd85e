using OrleansTransfer.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models;

/// <summary>Runs a network on a tensor from a file, without any picture in between: for checking it against other frameworks.</summary>
public static class RawForward
{
    /// <summary>Name of the tensor that is read: float <c>[N,3,H,W]</c>, normalised as the weights expect.</summary>
    public const string InputName = "input";

    /// <summary>Name of the tensor that is written: float32 <c>[N,K]</c>.</summary>
    public const string OutputName = "logits";

    // Bounds the memory for activations whatever the length of the input.
    private const int Batch = 16;

    /// <summary>
    /// Writes to <paramref name="outputPath"/> the logits, in evaluation mode, of the input in <paramref name="inputPath"/>. The number of classes is
    /// that
    /// of the head in <paramref name="weightsPath"/>.
    /// </summary>
    /// <returns>What was done to load the weights.</returns>
    /// <exception cref="LearningException">A name, file or shape does not fit; the message says which and what was expected.</exception>
    public static LoadReport Run(string backboneName, string weightsPath, string inputPath, string outputPath)
    {
        var backbone = Backbones.Get(backboneName);
        using var input = SafetensorsFile.Open(inputPath);
        CheckInput(backbone, input);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (model, report) = FittingModel.Load(backbone, weightsPath);
        using var owned = model;
        var images = empty([.. input.Info(InputName).Shape]);
        input.CopyTo(InputName, images);
        var logits = cat([.. images.split(Batch).Select(part => Forward(model, part))]);
        SafetensorsWriter.Write(outputPath, [(OutputName, logits)], new Dictionary<string, string> { ["architecture"] = model.Architecture });
        return report;
    }

    private static Tensor Forward(Classifier model, Tensor images)
    {
        using var scope = NewDisposeScope();
        return model.call(images).MoveToOuterDisposeScope();
    }

    private static void CheckInput(Backbone backbone, SafetensorsFile file)
    {
        var info = file.Info(InputName);
        var fits = SafetensorsTypes.IsFloat(info.Type) && info.Shape is [> 0, 3, var height, var width]
            && Math.Min(height, width) >= backbone.MinimumInputSize;
        if (fits) return;
        throw new LearningException($"The tensor '{InputName}' in '{file.Path}' is {SafetensorsTypes.Name(info.Type)} " +
            $"{TensorInfo.Describe(info.Shape)}; {backbone.Name} needs " +
            $"floating-point [N,3,H,W] with H and W of at least {backbone.MinimumInputSize}.");
    }
}
