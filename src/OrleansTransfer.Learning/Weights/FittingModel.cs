using OrleansTransfer.Learning.Models;

namespace OrleansTransfer.Learning.Weights;

/// <summary>Makes the network that a weights file is of.</summary>
public static class FittingModel
{
    // The width of the head that public weights have.
    private const int Classes = 1000;

    /// <summary>
    /// A network with all weights of the file <paramref name="path"/> and a head of its width, in evaluation mode, and what was done to load it. The
    /// caller owns it. Nothing is left as it was initialised.
    /// </summary>
    /// <exception cref="LearningException">The file cannot be opened, is malformed, or belongs to another network.</exception>
    public static (Classifier Model, LoadReport Report) Load(Backbone backbone, string path)
    {
        using var file = WeightFile.Open(path);
        var model = backbone.Create(Classes);
        try
        {
            var classes = StateDict.HeadWidth(model, file) ?? model.Classes;
            if (classes != model.Classes) model.ReplaceHead(classes, 0, seed: 0);
            var report = StateDict.Load(model, file, new LoadOptions());
            model.eval();
            return (model, report);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
