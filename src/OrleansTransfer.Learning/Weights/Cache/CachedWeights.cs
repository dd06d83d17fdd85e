using OrleansTransfer.Learning.Weights.Catalogue;

namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>Weights that are in the cache.</summary>
/// <param name="Name">Their name, or the address of a file outside the catalogue.</param>
/// <param name="Path">The file.</param>
/// <param name="Entry">Their line of the catalogue; null for the user's own and for addresses.</param>
/// <param name="Record">What is known of the file; null for one that was put into the folder by hand and never used.</param>
public sealed record CachedWeights(string Name, string Path, WeightEntry? Entry, WeightRecord? Record);

/// <summary>What a look at a cached file found.</summary>
/// <param name="Weights">The file as it was.</param>
/// <param name="Sha256">Its SHA-256, whatever it should be.</param>
/// <param name="Damage">What is wrong with it, as a clause; null when nothing is. A damaged file was deleted.</param>
public sealed record WeightVerification(CachedWeights Weights, string Sha256, string? Damage);
