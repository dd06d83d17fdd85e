using System.Text;
using System.Text.Json;
using OrleansTransfer.Learning.Models.Text;

namespace OrleansTransfer.Learning.Tests.Models.Text;

public sealed class EncoderConfigurationFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => [.. TextBackbones.Names];

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Names))]
    public void What_is_written_is_read_back(string name)
    {
        var backbone = TextBackbones.Get(name);
        var sizes = backbone.Configuration with { Layers = 3, Hidden = 24, Heads = 2, Inner = 40, Vocabulary = 50, Positions = 30, Dropout = 0.25 };
        var text = EncoderConfigurationFile.Render(backbone, sizes, ["neg", "pos"]);
        Assert.Equal(sizes, Read(text, name));
        using var document = JsonDocument.Parse(text);
        Assert.Equal("pos", document.RootElement.GetProperty("id2label").GetProperty("1").GetString());
    }

    [Theory]
    [InlineData("multilingual-e5-small", """
        {"architectures":["BertModel"],"attention_probs_dropout_prob":0.1,"hidden_act":"gelu","hidden_dropout_prob":0.1,"hidden_size":384,
        "intermediate_size":1536,"layer_norm_eps":1e-12,"max_position_embeddings":512,"model_type":"bert","num_attention_heads":12,
        "num_hidden_layers":12,"pad_token_id":0,"position_embedding_type":"absolute","tokenizer_class":"XLMRobertaTokenizer","type_vocab_size":2,
        "vocab_size":250037}
        """)]
    [InlineData("distilbert-base-multilingual-cased", """
        {"activation":"gelu","attention_dropout":0.1,"dim":768,"dropout":0.1,"hidden_dim":3072,"max_position_embeddings":512,
        "model_type":"distilbert","n_heads":12,"n_layers":6,"pad_token_id":0,"sinusoidal_pos_embds":false,"tie_weights_":true,"vocab_size":119547}
        """)]
    [InlineData("xlm-roberta-base", """
        {"bos_token_id":0,"hidden_act":"gelu","hidden_size":768,"intermediate_size":3072,"layer_norm_eps":1e-05,"max_position_embeddings":514,
        "model_type":"xlm-roberta","num_attention_heads":12,"num_hidden_layers":12,"pad_token_id":1,"type_vocab_size":1,"vocab_size":250002}
        """)]
    [InlineData("bert-base-uncased", """{"model_type":"bert"}""")]
    public void A_file_of_the_public_layout_gives_the_catalogues_sizes(string name, string text) =>
        Assert.Equal(TextBackbones.Get(name).Configuration, Read(text, name));

    [Theory]
    [InlineData("""{"model_type":"roberta"}""", "'roberta'")]
    [InlineData("""{"hidden_act":"relu"}""", "'relu'")]
    [InlineData("""{"position_embedding_type":"relative_key"}""", "'relative_key'")]
    [InlineData("""{"num_attention_heads":7}""", "7 attention heads")]
    [InlineData("""{"num_hidden_layers":0}""", "too small")]
    [InlineData("""{"hidden_size":"768"}""", "'hidden_size' is \"768\"")]
    [InlineData("""{"hidden_dropout_prob":1}""", "dropout of 1")]
    [InlineData("""{"vocab_size":2000000000}""", "billion")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{", "cannot be read")]
    public void What_cannot_be_computed_here_is_refused_in_words(string text, string named)
    {
        var message = Assert.Throws<LearningException>(() => Read(text, "bert-base-uncased")).Message;
        Assert.Contains(named, message, StringComparison.Ordinal);
        Assert.Contains(_folder["config.json"], message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.Contains("elsewhere", Assert.Throws<LearningException>(
            () => EncoderConfigurationFile.Read(_folder["elsewhere"], TextBackbones.Get("xlm-roberta-base"))).Message, StringComparison.Ordinal);

    private TextConfiguration Read(string text, string name) =>
        EncoderConfigurationFile.Read(_folder.Write("config.json", Encoding.UTF8.GetBytes(text)), TextBackbones.Get(name));
}
