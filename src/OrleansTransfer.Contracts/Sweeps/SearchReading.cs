using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Contracts.Sweeps;

/// <summary>A recipe with a section <c>search</c>, as read.</summary>
/// <param name="Recipe">What trials have in common.</param>
/// <param name="Search">What they differ in.</param>
public sealed record SearchReading(RecipeReading Recipe, SearchRecipe Search);
