using System.Text.Json.Serialization;

namespace OrleansTransfer.Storage;

/// <summary><c>bundle.json</c>: everything that is needed to use a trained model and to know where it comes from.</summary>
public sealed record BundleDescription
{
    /// <summary>The version that this code writes and reads.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>Version of the layout of this file.</summary>
    public int FormatVersion { get; init; } = CurrentFormatVersion;

    /// <summary>Id of the experiment that made the model.</summary>
    public required string Experiment { get; init; }

    /// <summary>Catalogue name, for example <c>resnet50</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>For example <c>image-classification</c>.</summary>
    public required string Task { get; init; }

    /// <summary>What each output means, in the order of the outputs.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>What is done to an image before the model sees it; null for models of other inputs.</summary>
    public BundlePreprocessing? Preprocessing { get; init; }

    /// <summary>What the pictures that it learned from look like; null for models of other inputs, and where it is not known.</summary>
    public BundlePictures? Pictures { get; init; }

    /// <summary>What is done to a text before a model of word vectors sees it; null for other models.</summary>
    public BundleText? Text { get; init; }

    /// <summary>What is done to a text before a text encoder sees it; null for other models.</summary>
    public BundleEncoder? Encoder { get; init; }

    /// <summary>Whether the model takes texts.</summary>
    [JsonIgnore]
    public bool IsForTexts => Text is not null || Encoder is not null;

    /// <summary>The pretrained weights that training started from; null if it started from scratch.</summary>
    public BundleBaseWeights? BaseWeights { get; init; }

    /// <summary>The resolved recipe, as text.</summary>
    public required string Recipe { get; init; }

    /// <summary>Final metrics by name, for example <c>accuracy</c> in [0, 1].</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>Versions of the libraries that trained the model, by name.</summary>
    public required IReadOnlyDictionary<string, string> Libraries { get; init; }

    /// <summary>SHA-256 in lower-case hex of every other file of the bundle, by name. Filled in by <see cref="BundleWriter"/>.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();
}

/// <summary>From a decoded image with bytes b as values to the model's input: (b x scale - mean) / std.</summary>
/// <param name="Resize">Length of the shorter side after resizing, pixels.</param>
/// <param name="Crop">Side of the square cut from the centre, pixels.</param>
/// <param name="Interpolation">For example <c>bilinear</c>.</param>
/// <param name="Mean">Subtracted per channel, in the order of <paramref name="Channels"/>.</param>
/// <param name="Std">Divided by per channel.</param>
/// <param name="Channels">Order of the channels: <c>rgb</c> or <c>bgr</c>.</param>
/// <param name="Scale">What bytes are multiplied by; bundles that do not say mean 1/255.</param>
public sealed record BundlePreprocessing(
    int Resize, int Crop, string Interpolation, IReadOnlyList<double> Mean, IReadOnlyList<double> Std, string Channels = "rgb",
    double Scale = 1 / 255.0);

/// <summary>
/// What the pictures that a model learned from look like, by some of them: others may differ in what has nothing to do with labels.
/// </summary>
/// <param name="Looked">Pictures that were looked at.</param>
/// <param name="Grey">Those without colour.</param>
/// <param name="MedianSide">Median of their shorter sides, in pixels.</param>
public sealed record BundlePictures(int Looked, int Grey, int MedianSide);

/// <summary>From a text to the model's input: words in small letters, in composed form, looked up in the vocabulary; unknown words are left out.</summary>
/// <param name="Vocabulary">Name of the bundle's file of words, one a line, the first of id 1; 0 is the padding.</param>
/// <param name="MaximumLength">Words that are looked at.</param>
/// <param name="Dimensions">Numbers in a word's vector.</param>
/// <param name="Pooling">How words become one vector, for example <c>mean</c>.</param>
/// <param name="Hidden">Width of the layer in front of the head; 0 for none.</param>
public sealed record BundleText(string Vocabulary, int MaximumLength, int Dimensions, string Pooling, int Hidden)
{
    /// <summary>The first so many words of the vocabulary have a vector; null for all.</summary>
    public int? Vectors { get; init; }

    /// <summary>Words and pairs of words that the model has evidence of beside the vectors; 0 for none.</summary>
    public int EvidenceKeys { get; init; }
}

/// <summary>From a text to the token ids of an encoder: those of its tokenizer, between the tokens that frame every text.</summary>
/// <param name="Tokenizer">Name of the bundle's file of the tokenizer.</param>
/// <param name="Configuration">Name of the bundle's file of the encoder's sizes.</param>
/// <param name="MaximumLength">Tokens that are looked at, the frame included.</param>
public sealed record BundleEncoder(string Tokenizer, string Configuration, int MaximumLength);

/// <summary>Pretrained weights.</summary>
/// <param name="Name">What the recipe or the catalogue calls them.</param>
/// <param name="Sha256">SHA-256 of the file in lower-case hex.</param>
public sealed record BundleBaseWeights(string Name, string Sha256);
