using System.Text;
using OrleansTransfer.Learning.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Text;

public sealed class VocabularyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Ids_are_padding_then_known_words_then_made_ones()
    {
        using var scope = NewDisposeScope();
        var (vocabulary, rows) = Vocabulary.Build(Table(), ["Zing! great acting", "actin greater xyz"], UnknownWords.Ngrams);
        Assert.Equal(["acting", "great", "boring", "!", "actin", "greater", "zing"], vocabulary.Words);
        Assert.Equal([8L, 2], rows.shape);
        Assert.Equal([0f, 0], rows[0].data<float>().ToArray());
        Assert.Equal([0f, 1], rows[2].data<float>().ToArray());
        Assert.Equal([7, 4, 2, 1], vocabulary.Encode("Zing! unheard great acting"));
        // Of its n-grams, the known word "great" alone has some.
        Assert.Equal([0f, 1], rows[6].data<float>().ToArray());
        Assert.Null(vocabulary.Id("xyz"));
        Assert.Equal(vocabulary.Rows, rows.shape[0]);
    }

    [Fact]
    public void The_order_of_the_texts_does_not_matter()
    {
        using var scope = NewDisposeScope();
        string[] texts = ["actin greater boringly", "actings", "ungreat, greats"];
        var (first, rows) = Vocabulary.Build(Table(), texts, UnknownWords.Ngrams);
        var (second, again) = Vocabulary.Build(Table(), texts.Reverse(), UnknownWords.Ngrams);
        Assert.Equal(first.Words, second.Words);
        Assert.Equal(rows.bytes, again.bytes);
    }

    [Fact]
    public void Unknown_words_can_be_left_out()
    {
        using var scope = NewDisposeScope();
        var (vocabulary, rows) = Vocabulary.Build(Table(), ["actin"], UnknownWords.Drop);
        Assert.Equal((4, 5L), (vocabulary.Words.Count, rows.shape[0]));
        Assert.Equal([2], vocabulary.Encode("great actin"));
    }

    [Fact]
    public void Words_are_found_without_their_accents_and_nuktas()
    {
        var vocabulary = new Vocabulary(["cliches", "कमज़ोर", "हँसी", "naïve", "राजा", "राज़"]);
        Assert.Equal([1, 2, 3, 4, 5, 6], "clichés कमजोर हंसी naive राजा राज़".Split(' ').Select(word => vocabulary.Id(word)));
        Assert.Null(vocabulary.Id("हसी"));
        Assert.Throws<ArgumentException>(() => new Vocabulary(["a", "a"]));
    }

    [Fact]
    public void Ngrams_are_counted_in_characters_and_hashed_as_published()
    {
        Assert.Equal([0x811c9dc5u, 0xe40c292cu, 0xbf9cf968u], [NgramVectors.Fnv1a(""u8), NgramVectors.Fnv1a("a"u8), NgramVectors.Fnv1a("foobar"u8)]);
        Assert.Equal(3 + 2 + 1, NgramVectors.Ngrams("abc").Count());
        Assert.Equal(NgramVectors.Ngrams("abc").Count(), NgramVectors.Ngrams("कखग").Count());
        Assert.Single(NgramVectors.Ngrams("क"));
    }

    [Theory]
    [InlineData("glove_en_100d.f16.safetensors", "beautifull", "beautiful")]
    [InlineData("glove_en_100d.f16.safetensors", "wonderfull", "wonderful")]
    [InlineData("glove_en_100d.f16.safetensors", "suspensefully", "suspenseful")]
    [InlineData("hindi_from_lexicon_100d.f16.safetensors", "दर्शकों", "दर्शक")]
    [InlineData("hindi_from_lexicon_100d.f16.safetensors", "कहानियों", "कहानी")]
    public void A_misspelt_or_inflected_word_is_near_the_word_it_comes_from(string table, string word, string origin)
    {
        var vectors = WordVectors.Load([SharedFolder.Path("data", "embeddings", table)], normalise: true);
        Assert.Null(vectors.Row(word));
        var made = Assert.Single(NgramVectors.Of(vectors, [word]));
        var nearest = vectors.Nearest(made, 50);
        var found = string.Join(", ", nearest.Take(8).Select(entry => $"{entry.Word} {entry.Cosine:0.00}"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{word}: {found}");
        Assert.Contains(origin, nearest.Select(entry => entry.Word));
    }

    [Theory]
    [InlineData("en_train.tsv", "glove_en_100d.f16.safetensors", 0.92, 0.95)]
    [InlineData("hi_dev.tsv", "hindi_from_lexicon_100d.f16.safetensors", 0.45, 0.9)]
    public void Real_texts_are_covered(string texts, string table, double words, double withMade)
    {
        using var scope = NewDisposeScope();
        var vectors = WordVectors.Load([SharedFolder.Path("data", "embeddings", table)]);
        List<string> contents = [.. TextTable.Read(SharedFolder.Path("data", "sentiment", texts)).Samples.Select(sample => sample.Text)];
        List<string> tokens = [.. contents.SelectMany(WordTokenizer.Tokenize).Where(WordTokenizer.IsWord)];
        var exact = tokens.Average(token => vectors.Row(token) is null ? 0.0 : 1);
        var (known, made) = (Share(UnknownWords.Drop), Share(UnknownWords.Ngrams));
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant(
            $"{texts}: {tokens.Count} words, of which the table has {exact:0.000}, {known:0.000} without accents, {made:0.000} with n-grams."));
        Assert.InRange(known, Math.Max(words, exact), 1);
        Assert.InRange(made, withMade, 1);

        double Share(UnknownWords unknown)
        {
            var (vocabulary, _) = Vocabulary.Build(vectors, contents, unknown);
            return tokens.Average(token => vocabulary.Id(token) is null ? 0.0 : 1);
        }
    }

    [Fact]
    public void The_vector_made_for_a_word_is_close_to_the_one_it_has()
    {
        var path = SharedFolder.Path("data", "embeddings", "glove_en_100d.f16.safetensors");
        var all = WordVectors.Load([path], normalise: true);
        var held = all.Words.Index().Where(word => word.Item.Length >= 5 && word.Index % 100 == 7).Select(word => word.Item).ToList();
        var lines = all.Words.Except(held).Select(word => $"{word} {string.Join(' ', all.Vector(all.Row(word)!.Value).ToArray())}");
        var rest = WordVectors.Load([_folder.Write("rest.vec", Encoding.UTF8.GetBytes(string.Join('\n', lines)))]);
        var made = NgramVectors.Of(rest, held);
        var ranks = held.Zip(made).Select(pair =>
        {
            var own = all.Vector(all.Row(pair.First)!.Value).ToArray();
            var cosine = Cosine(own, pair.Second!);
            return rest.Words.Index().Count(word => Cosine(rest.Vector(word.Index), pair.Second!) > cosine);
        }).Order().ToList();
        var median = ranks[ranks.Count / 2];
        TestContext.Current.TestOutputHelper?.WriteLine($"Of {held.Count} words left out, half have {median} words or fewer nearer.");
        // By chance it would be half of the table.
        Assert.InRange(median, 0, rest.Words.Count / 50);

        static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
        {
            double dot = 0, lengthA = 0, lengthB = 0;
            for (var i = 0; i < a.Length; i++) (dot, lengthA, lengthB) = (dot + (a[i] * b[i]), lengthA + (a[i] * a[i]), lengthB + (b[i] * b[i]));
            return dot / Math.Sqrt(lengthA * lengthB);
        }
    }

    private WordVectors Table() => WordVectors.Load([_folder.Write("x.vec", "acting 1 0\ngreat 0 1\nboring -1 -1\n! 0 0.5\n"u8)]);
}
