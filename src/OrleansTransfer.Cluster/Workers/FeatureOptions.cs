using Microsoft.Extensions.Options;

namespace OrleansTransfer.Cluster.Workers;

/// <summary>How much of what frozen backbones make of samples a node keeps on its disk, for runs that would compute it again.</summary>
public sealed class FeatureOptions
{
    /// <summary>Environment variable of a node that sets <see cref="Megabytes"/>.</summary>
    public const string Variable = "OTX_FEATURES_MEGABYTES";

    /// <summary>Megabytes (of 1,000,000 bytes) of all of it; 4,096 by default, 0 keeps nothing.</summary>
    public long Megabytes { get; set; } = 4096;
}

/// <summary>Refuses a negative size.</summary>
public sealed class FeatureOptionsValidator : IValidateOptions<FeatureOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, FeatureOptions options) => options.Megabytes >= 0
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail($"Kept features may take {options.Megabytes} MB; give 0 to keep none, or more.");
}
