namespace OrleansTransfer.Contracts.Recipes;

/// <summary>
/// What the user wrote, completed with defaults: one experiment in full. Immutable once submitted. Keys in YAML and JSON are the property names
/// in camel case.
/// </summary>
[GenerateSerializer, Alias("orleanstransfer.recipe")]
public sealed record Recipe
{
    /// <summary>Name of the experiment and stem of its id; by default the folder of the training data.</summary>
    [Id(0)] public string Name { get; init; } = "";

    /// <summary><c>image-classification</c> or <c>text-classification</c>.</summary>
    [Id(1)] public string Task { get; init; } = "image-classification";

    [Id(2)] public ModelRecipe Model { get; init; } = new();
    [Id(3)] public DataRecipe Data { get; init; } = new();
    [Id(4)] public TransferRecipe Transfer { get; init; } = new();
    [Id(5)] public TrainingRecipe Training { get; init; } = new();
    [Id(6)] public ResourcesRecipe Resources { get; init; } = new();
    [Id(7)] public CheckpointRecipe Checkpoint { get; init; } = new();
    [Id(8)] public ExchangeRecipe Exchange { get; init; } = new();
}

/// <summary>The network and where its pretrained weights come from.</summary>
[GenerateSerializer, Alias("orleanstransfer.recipe.model")]
public sealed record ModelRecipe
{
    /// <summary>Catalogue name of the backbone.</summary>
    [Id(0)] public string Backbone { get; init; } = "resnet50";

    /// <summary>
    /// <c>imagenet</c> (the catalogue's default for the backbone), a name of the catalogue or cache like <c>resnet50/imagenet1k_v2</c>, <c>none</c>
    /// (train from scratch), the path of a weights file, an address, or <c>blob:</c> and the SHA-256 of imported weights.
    /// </summary>
    [Id(1)] public string Weights { get; init; } = "imagenet";

    [Id(2)] public HeadRecipe Head { get; init; } = new();

    /// <summary>Height and width of the network's input in pixels; 0 takes what the backbone's weights expect.</summary>
    [Id(3)] public int InputSize { get; init; }

    /// <summary>
    /// What pictures go through before the network: <c>auto</c> takes what the weights expect; otherwise parts like <c>resize=256 crop=224
    /// filter=bilinear channels=rgb scale=1/255 mean=0.485,0.456,0.406 std=0.229,0.224,0.225</c>.
    /// </summary>
    [Id(4)] public string Preprocessing { get; init; } = "auto";

    /// <summary>Tables of word vectors of one space, for the backbone <c>word-vectors</c>; the most trusted first.</summary>
    [Id(5)] public IReadOnlyList<string> Vectors { get; init; } = [];

    /// <summary>How the words of a text become one vector: <c>mean</c>, <c>attention</c>, <c>convolution</c> or <c>transformer</c>.</summary>
    [Id(6)] public string Pooling { get; init; } = "mean";

    /// <summary>Width of the layer between the words' vector and the head of <c>word-vectors</c>; 0 for none.</summary>
    [Id(7)] public int Hidden { get; init; } = 64;

    /// <summary>
    /// What becomes of words that no table of <c>word-vectors</c> has: <c>drop</c> leaves them out, <c>ngrams</c> makes them a vector from the known words
    /// that share their character n-grams.
    /// </summary>
    [Id(8)] public string Unknown { get; init; } = "drop";

    /// <summary>
    /// The tokenizer of a text encoder: a <c>vocab.txt</c>, a SentencePiece <c>.model</c>, a <c>tokenizer.json</c>, or the folder that holds one;
    /// empty takes the one beside the weights file.
    /// </summary>
    [Id(9)] public string Tokenizer { get; init; } = "";

    /// <summary>
    /// The <c>config.json</c> with a text encoder's sizes; empty takes the one beside the weights file, and where there is none the architecture's
    /// usual sizes.
    /// </summary>
    [Id(10)] public string Config { get; init; } = "";

    [Id(11)] public LowRankRecipe Lora { get; init; } = new();

    /// <summary>
    /// A finished model to adapt to <see cref="DataRecipe.Target"/> without the data it was trained on: the folder of a bundle (a path with a
    /// separator, as <c>./leaves</c>) or the id of an experiment. Network, weights, labels and preprocessing are then the bundle's. Empty for none.
    /// </summary>
    [Id(12)] public string From { get; init; } = "";
}

/// <summary>Low-rank updates (LoRA) of a text encoder, which train in the place of its weights.</summary>
[GenerateSerializer, Alias("orleanstransfer.recipe.lora")]
public sealed record LowRankRecipe
{
    /// <summary>Rank of the update of each matrix of <see cref="Targets"/>; 0 for no updates.</summary>
    [Id(0)] public int Rank { get; init; }

    /// <summary>Scale of the update before it is divided by the rank; 0 for twice the rank.</summary>
    [Id(1)] public double Alpha { get; init; }

    /// <summary>Dropout of what the updates see in training, 0 to 1 (exclusive).</summary>
    [Id(2)] public double Dropout { get; init; }

    /// <summary>Matrices of each layer with an update: of <see cref="TaskWords.LowRankTargets"/>.</summary>
    [Id(3)] public IReadOnlyList<string> Targets { get; init; } = ["query", "value"];

    /// <summary>Whether both say the same: lists of the same words are equal, whoever made them.</summary>
    public bool Equals(LowRankRecipe? other) => other is not null
        && (Rank, Alpha, Dropout) == (other.Rank, other.Alpha, other.Dropout) && Targets.SequenceEqual(other.Targets);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rank, Alpha, Dropout, Targets.Count);
}

/// <summary>The classifier that replaces the pretrained one.</summary>
[GenerateSerializer, Alias("orleanstransfer.recipe.head")]
public sealed record HeadRecipe
{
    /// <summary><c>linear</c>.</summary>
    [Id(0)] public string Type { get; init; } = "linear";

    /// <summary>Dropout in front of the linear layer, 0 to 1 (exclusive).</summary>
    [Id(1)] public double Dropout { get; init; } = 0.2;
}

/// <summary>The pictures.</summary>
[GenerateSerializer, Alias("orleanstransfer.recipe.data")]
public sealed record DataRecipe
{
    /// <summary>Folder with one folder of pictures per label. The only key without a default; with <see cref="ModelRecipe.From"/> left out.</summary>
    [Id(0)] public string Train { get; init; } = "";

    /// <summary>
    /// A fraction of the training pictures (stratified by label), 0 to 1 (exclusive), or the path of a folder like <see cref="Train"/>.
    /// </summary>
    [Id(1)] public string Validation { get; init; } = "0.2";

    /// <summary>
    /// <c>none</c>, <c>flip</c>, <c>crop</c> (random resized crop, never mirrored), <c>affine</c> (turned, moved, scaled) or <c>standard</c> (crop and
    /// flip); of texts <c>standard</c> leaves out a tenth of the words.
    /// </summary>
    [Id(2)] public string Augment { get; init; } = "standard";

    /// <summary>Label names in index order; empty takes the folder names in ordinal order.</summary>
    [Id(3)] public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Folder of pictures of another domain, whose labels are not known, for adaptation methods; empty for none.</summary>
    [Id(4)] public string Target { get; init; } = "";

    /// <summary>
    /// Labelled pictures of the target domain, in a folder like <see cref="Train"/>, that accuracy is reported on; never trained on, nor used to pick
    /// an epoch. Empty for none.
    /// </summary>
    [Id(5)] public string TargetTest { get; init; } = "";

    /// <summary>Labels that count as one, each <c>new=old+old</c>, in every labelled folder.</summary>
    [Id(6)] public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Tokens of a text that are looked at; what comes after them is cut off, and counted.</summary>
    [Id(7)] public int MaximumLength { get; init; } = 256;
}

/// <summary>How knowledge moves from the source task to the target task.</summary>
[GenerateSerializer, Alias("orleanstransfer.recipe.transfer")]
public sealed record TransferRecipe
{
    /// <summary>
    /// <c>feature-extraction</c>, <c>fine-tune</c>, <c>lp-ft</c> or <c>gradual</c>; with a target domain one of <see cref="AdaptationWords.Methods"/>.
    /// </summary>
    [Id(0)] public string Method { get; init; } = "fine-tune";

    /// <summary>Backbone stages that train: <c>all</c>, <c>none</c>, <c>last-N-stages</c>, or a stage-name pattern with <c>*</c>.</summary>
    [Id(1)] public string Unfreeze { get; init; } = "all";

    /// <summary><c>frozen</c>, <c>statistics-frozen</c> or <c>trainable</c>.</summary>
    [Id(2)] public string BatchNorm { get; init; } = "frozen";

    /// <summary>Factor on the adaptation method's own weight of its terms, above 0.</summary>
    [Id(3)] public double Weight { get; init; } = 1;

    /// <summary>Probability from which a prediction on the target serves as a label, for methods that do so; 0 to 1 (exclusive).</summary>
    [Id(4)] public double Confidence { get; init; } = 0.95;

    /// <summary>Which score, made without target labels, decides whose epoch's weights the run ends with; <c>last</c> for the last epoch's.</summary>
    [Id(5)] public string Validator { get; init; } = "im";
}

/// <summary>How the trainable part is trained.</summary>
[GenerateSerializer, Alias("orleanstransfer.recipe.training")]
public sealed record TrainingRecipe
{
    [Id(0)] public int Epochs { get; init; } = 10;

    /// <summary>
    /// Samples per step over all workers; 0 lets the data decide: a power of two from 16 to 64 that makes an epoch of about 32 steps. Small data sets
    /// need many small steps to get anywhere.
    /// </summary>
    [Id(1)] public int BatchSize { get; init; }

    [Id(2)] public OptimizerRecipe Optimizer { get; init; } = new();

    /// <summary><c>constant</c>, <c>cosine</c>, <c>one-cycle</c> or <c>step</c>.</summary>
    [Id(3)] public string Schedule { get; init; } = "one-cycle";

    /// <summary><c>fp32</c>.</summary>
    [Id(4)] public string Precision { get; init; } = "fp32";

    /// <summary>Source of all randomness of the run.</summary>
    [Id(5)] public long Seed { get; init; } = 42;

    /// <summary>Parts that a worker computes its share of each batch in, one after the other, to need less memory; exchanged once.</summary>
    [Id(6)] public int Accumulate { get; init; } = 1;
}

/// <summary>The update rule.</summary>
[GenerateSerializer, Alias("orleanstransfer.recipe.optimizer")]
public sealed record OptimizerRecipe
{
    /// <summary><c>adamw</c> or <c>sgd</c>.</summary>
    [Id(0)] public string Type { get; init; } = "adamw";

    /// <summary>Peak learning rate of the head.</summary>
    [Id(1)] public double LearningRate { get; init; } = 3e-3;

    /// <summary>The backbone's learning rate is this times the head's.</summary>
    [Id(2)] public double BackboneFactor { get; init; } = 0.1;

    [Id(3)] public double WeightDecay { get; init; } = 0.01;
}

/// <summary>What the experiment asks of the cluster.</summary>
[GenerateSerializer, Alias("orleanstransfer.recipe.resources")]
public sealed record ResourcesRecipe
{
    /// <summary>Devices; 0 takes every device of the cluster.</summary>
    [Id(0)] public int Workers { get; init; }

    /// <summary>Fewest workers the run may go on with, when nodes are lost.</summary>
    [Id(1)] public int MinWorkers { get; init; } = 1;

    /// <summary><c>auto</c>, <c>cpu</c> or <c>cuda</c>.</summary>
    [Id(2)] public string Device { get; init; } = "auto";

    /// <summary>Higher goes first in the queue.</summary>
    [Id(3)] public int Priority { get; init; }

    /// <summary>A worker that computes this many times as long per step as the others do is left out; 0 for never, otherwise at least 1.5.</summary>
    [Id(4)] public double ExcludeSlowerThan { get; init; }
}

/// <summary>How often the run is saved.</summary>
[GenerateSerializer, Alias("orleanstransfer.recipe.checkpoint")]
public sealed record CheckpointRecipe
{
    /// <summary>Steps between checkpoints, besides the one at the end of each epoch; 0 for none between.</summary>
    [Id(0)] public int EverySteps { get; init; } = 200;

    /// <summary>Whole checkpoints kept.</summary>
    [Id(1)] public int Keep { get; init; } = 2;
}

/// <summary>How gradients travel.</summary>
[GenerateSerializer, Alias("orleanstransfer.recipe.exchange")]
public sealed record ExchangeRecipe
{
    /// <summary>Size of a bucket: gradients reduced together, in megabytes.</summary>
    [Id(0)] public double BucketMegabytes { get; init; } = 25;

    /// <summary>How gradients travel between nodes: <c>fp32</c>, or rounded to half the bytes as <c>bf16</c>.</summary>
    [Id(1)] public string Wire { get; init; } = "fp32";
}
