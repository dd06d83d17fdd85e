using OrleansTransfer.Learning.Text;

namespace OrleansTransfer.Learning.Tests.Text;

public sealed class WordTokenizerTests
{
    [Theory]
    [InlineData("A good film!", "a good film !")]
    [InlineData("the film's cast, 10/10", "the film 's cast , 10 / 10")]
    [InlineData("It doesn’t; they'LL", "it does n't ; they 'll")]
    [InlineData("O'Brien 'quoted' rock 'n' roll '90s", "o ' brien ' quoted ' rock ' n ' roll ' 90s")]
    [InlineData("can't won't n't", "ca n't wo n't n ' t")]
    [InlineData("end' it's' x''s", "end ' it 's ' x ' ' s")]
    [InlineData("well-made (really)...", "well - made ( really ) . . .")]
    [InlineData("cafe\u0301 CAFÉ", "café café")]
    [InlineData("Straße İx Σ", "straße İx σ")]
    [InlineData("so❤️ 😀👍🏽!", "so ❤ 😀 👍 🏽 !")]
    [InlineData("soft\u00ADhyphen \uFEFFbom a\u0096b", "soft hyphen bom a b")]
    [InlineData("", "")]
    [InlineData(" \t\n\u00A0", "")]
    public void Words_and_punctuation_are_cut(string text, string tokens) =>
        Assert.Equal(tokens.Length == 0 ? [] : tokens.Split(' '), WordTokenizer.Tokenize(text));

    [Fact]
    public void Half_of_a_surrogate_pair_is_no_obstacle() => Assert.Equal(["\uFFFD", "x"], WordTokenizer.Tokenize("\ud800x"));

    [Theory]
    [InlineData("फिल्म में कुछ सवाल बिना जवाब के ही रह गए हैं।", "फिल्म में कुछ सवाल बिना जवाब के ही रह गए हैं ।")]
    [InlineData("कहीं-कहीं ‘क्लाइमैक्स’ १२ मिनट", "कहीं - कहीं ‘ क्लाइमैक्स ' १२ मिनट")]
    [InlineData("दर्शकों, बाकी", "दर्शकों , बाकी")]
    public void Hindi_words_keep_their_vowel_signs_and_viramas(string text, string tokens) =>
        Assert.Equal(tokens.Split(' '), WordTokenizer.Tokenize(text));

    [Fact]
    public void Joiners_belong_to_the_word_they_are_in()
    {
        Assert.Equal(["क्‍ष", "क्‌ष"], WordTokenizer.Tokenize("क्‍ष क्‌ष"));
        Assert.Equal(["क्", "a"], WordTokenizer.Tokenize("क्‍ \u200Da\u200C"));
    }

    [Fact]
    public void The_two_spellings_of_a_letter_with_a_nukta_are_one() =>
        Assert.Equal(WordTokenizer.Tokenize("\u0917\u093C\u091C\u093C\u0932"), WordTokenizer.Tokenize("\u095A\u095B\u0932"));

    [Fact]
    public void A_text_may_be_long()
    {
        var text = string.Concat(Enumerable.Repeat("word, ", 20_000));
        Assert.Equal(["word", ",", "word"], WordTokenizer.Tokenize(text).Take(3));
        Assert.Equal(40_000, WordTokenizer.Tokenize(text).Count());
        Assert.Single(WordTokenizer.Tokenize(new string('x', 100_000)));
    }
}
