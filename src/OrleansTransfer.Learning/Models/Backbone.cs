using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Models;

/// <summary>A line of the catalogue: an architecture that a recipe can name.</summary>
/// <param name="Name">The name in recipes, as the origin spells it.</param>
/// <param name="Library">Whose key names it uses: <c>torchvision</c>, <c>timm</c>, or <c>own</c>.</param>
/// <param name="Figures">Its size and cost.</param>
/// <param name="MinimumInputSize">Smallest height and width, in pixels, that the network accepts.</param>
/// <param name="Preprocessing">What the public weights expect of a picture.</param>
/// <param name="Create">Makes the network with a head of the given width; weights are uninitialised until loaded or <see
/// cref="Classifier.Initialize"/> is called.</param>
public sealed record Backbone(
    string Name, string Library, BackboneFigures Figures, int MinimumInputSize, Preprocessing Preprocessing, Func<int, Classifier> Create);

/// <summary>What can be told of a backbone without making it.</summary>
/// <param name="Parameters">Numbers that training can change, with a head of 1000 labels.</param>
/// <param name="MultiplyAccumulates">Multiply-adds of all convolutions and linear layers for one picture of the size that the public weights
/// take.</param>
/// <param name="Stages">Parts that can be frozen one by one.</param>
public sealed record BackboneFigures(long Parameters, long MultiplyAccumulates, int Stages);
