using OrleansTransfer.Tuning.Stopping;
using OrleansTransfer.Tuning.Trials;

namespace OrleansTransfer.Tuning;

/// <summary>What a study has done with a free device.</summary>
/// <param name="Kind">What is to happen outside: start or resume <paramref name="Trial"/>, drop its checkpoint, wait, or nothing ever again.</param>
/// <param name="Trial">The trial as it is now; null for <see cref="NextStepKind.Wait"/> and <see cref="NextStepKind.Done"/>.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record StudyStep(NextStepKind Kind, Trial? Trial, string Reason);
