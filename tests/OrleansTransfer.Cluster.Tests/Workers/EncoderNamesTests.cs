using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning.Models.Text;

namespace OrleansTransfer.Cluster.Tests.Workers;

public sealed class EncoderNamesTests
{
    [Fact]
    public void Recipes_have_a_word_for_every_text_encoder() => Assert.Equal(TextBackbones.Names, TaskWords.Encoders);
}
