namespace OrleansTransfer.Learning.Weights.Catalogue;

/// <summary>Weights that a recipe can name. The first entry of a backbone is what <c>imagenet</c> means for it.</summary>
public sealed class WeightCatalogue
{
    /// <summary>The word that stands for a backbone's default weights.</summary>
    public const string DefaultWord = "imagenet";

    /// <summary>ILSVRC 2012: 1.28 million pictures, 1000 labels. Its own terms of access allow research only.</summary>
    public const string ImageNet = "ImageNet-1k";

    /// <summary>A catalogue of these entries, in this order.</summary>
    public WeightCatalogue(IEnumerable<WeightEntry> entries) => Entries = [.. entries];

    /// <summary>What torchvision, timm and Keras publish for the backbones of this library.</summary>
    public static WeightCatalogue Public { get; } = new([.. TorchvisionWeights.All, .. TimmWeights.All, .. KerasWeights.All]);

    /// <summary>All entries.</summary>
    public IReadOnlyList<WeightEntry> Entries { get; }

    /// <summary>The entries of a backbone, its default first; none for a backbone that nobody publishes weights of.</summary>
    public IReadOnlyList<WeightEntry> Of(string backbone) => [.. Entries.Where(entry => entry.Name.Backbone == backbone)];

    /// <summary>The entry of that name, or null.</summary>
    public WeightEntry? Find(WeightName name) => Entries.FirstOrDefault(entry => entry.Name == name);

    /// <summary>What <c>imagenet</c> means for a backbone.</summary>
    /// <exception cref="LearningException">There are no weights of it.</exception>
    public WeightEntry Default(string backbone) => Of(backbone).FirstOrDefault() ?? throw new LearningException(
        $"There are no public weights of {backbone}: '{DefaultWord}' means nothing here. " +
        "Give a file, or 'none' to train from scratch.");

    /// <summary>The entry of that name.</summary>
    /// <exception cref="LearningException">There is none; names the nearest.</exception>
    public WeightEntry Get(WeightName name)
    {
        if (Find(name) is { } entry) return entry;
        var ofBackbone = Of(name.Backbone);
        var known = (ofBackbone.Count > 0 ? ofBackbone : Entries).Select(one => one.Name.ToString()).ToList();
        var meant = NearestName.Of(name.ToString(), known) is { } nearest ? $"; did you mean '{nearest}'?" : ".";
        var listed = ofBackbone.Count > 0 ? $" Known for {name.Backbone} are {string.Join(", ", known)}." : "";
        throw new LearningException(
            $"There are no weights '{name}' in the catalogue or the cache{meant}{listed} " +
            $"`otx weights list` shows all; a file is written with its ending, or as ./{name}.");
    }

    /// <summary>
    /// The entry of <paramref name="backbone"/> whose published SHA-256 begins that of a file, so that a file that someone fetched by hand brings its
    /// preprocessing along; null when there is none.
    /// </summary>
    public WeightEntry? ByContent(string backbone, string sha256) => Of(backbone).FirstOrDefault(entry =>
        entry.Checksum.Kind is ChecksumKind.Sha256 or ChecksumKind.Sha256Prefix && entry.Checksum.Contradiction(sha256, "") is null);
}
