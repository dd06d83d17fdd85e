using OrleansTransfer.Learning.Models.Text;

namespace OrleansTransfer.Learning.Tests.Models.Text;

public class TextBackbonesTests
{
    public static TheoryData<string> Names => [.. TextBackbones.Names];

    [Theory, MemberData(nameof(Names))]
    public void The_number_of_parameters_is_that_of_the_configuration(string name)
    {
        var backbone = TextBackbones.Get(name);
        var sizes = backbone.Configuration;
        // BERT's pooler comes with its weights.
        long pooler = name.StartsWith("bert", StringComparison.Ordinal) ? sizes.Hidden * (sizes.Hidden + 1) : 0;
        Assert.Equal(backbone.BackboneParameters, sizes.Parameters + pooler);
    }

    [Theory, MemberData(nameof(Names))]
    public void A_network_with_fewer_tokens_has_as_many_parameters_as_its_configuration_says(string name)
    {
        // Token embeddings are most of a multilingual encoder, and all of the memory that this test does without.
        var sizes = TextBackbones.Get(name).Configuration with { Vocabulary = 10, Layers = 2 };
        using var model = TextBackbones.Get(name).CreateSized(sizes, 4);
        Assert.Equal(TextBackbones.Get(name).MaximumTokens, model.MaximumTokens);
        long Count(Func<string, bool> counted) => model.named_parameters().Where(entry => counted(entry.name)).Sum(entry => entry.parameter.numel());
        Assert.Equal(sizes.Parameters + Count(key => key.Contains("pooler", StringComparison.Ordinal)), Count(key => !model.IsHead(key)));
    }

    [Fact]
    public void A_public_encoder_is_made_with_its_head()
    {
        using var model = TextBackbones.Get("multilingual-e5-small").Create(7);
        Assert.Equal(117_505_920 + (384 * 7) + 7, model.parameters().Sum(parameter => parameter.numel()));
        Assert.Equal(("multilingual-e5-small", 7, 512, 1), (model.Architecture, model.Classes, model.MaximumTokens, model.PaddingToken));
        Assert.Equal([250_037, 384], model.state_dict()["embeddings.word_embeddings.weight"].shape);
    }

    [Fact]
    public void A_misspelt_name_is_answered_with_the_nearest() =>
        Assert.Contains("did you mean 'xlm-roberta-base'?", Assert.Throws<LearningException>(() => TextBackbones.Get("xlm-roberta-bse")).Message);

    [Fact]
    public void Texts_of_the_encoder_that_wants_a_prefix_get_it() =>
        Assert.Equal(["query: "], TextBackbones.All.Select(backbone => backbone.TextPrefix).Where(prefix => prefix.Length > 0));

    [Fact]
    public void Heads_that_do_not_share_the_width_are_refused() =>
        Assert.Contains("5 attention heads", Assert.Throws<ArgumentException>(
            () => new Bert("bert", TextConfiguration.BertBaseUncased with { Heads = 5, Vocabulary = 10 }, 2)).Message);
}
