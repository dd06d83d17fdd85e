using OrleansTransfer.Learning.Text;

namespace OrleansTransfer.Learning.Tests.Text;

public class BasicTokensTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("  \n ", "")]
    [InlineData("one  two", "one two")]
    [InlineData("one\ttwo\nthree\r\nfour\u00A0five\u2028six\u3000seven", "one two three four five six seven")]
    [InlineData("a\u0000b\u0007c\u200Bd\uFEFFe\uFFFDf", "abcdef")] // neither text nor spaces
    [InlineData("Don't stop!", "Don ' t stop !")]
    [InlineData("a+b=c $5 x_y ~z", "a + b = c $ 5 x _ y ~ z")]
    [InlineData("«où?»…", "« où ? » …")]
    [InlineData("5 € und 3²", "5 € und 3²")] // symbols outside of ASCII are letters of a word
    [InlineData("東京とTokyo", "東 京 とTokyo")]
    [InlineData("\U00020000a", "\U00020000 a")]
    [InlineData("नमस्ते, दुनिया।", "नमस्ते , दुनिया ।")]
    [InlineData("हिंदी में लिखा है", "हिंदी में लिखा है")]
    [InlineData("Cafe\u0301", "Café")]
    [InlineData("\u095Bरूर", "\u091C\u093Cरूर")]
    public void A_cased_text_is_cut_and_otherwise_left_as_it_is(string text, string tokens) =>
        Assert.Equal(tokens, BasicTokens.Split(text, cased: true));

    [Theory]
    [InlineData("Café ÜBER", "cafe uber")]
    [InlineData("Cafe\u0301", "cafe")]
    [InlineData("ΏΡΑ Ёлка", "ωρα елка")]
    [InlineData("İstanbul", "istanbul")]
    [InlineData("\U00010400", "\U00010428")]
    [InlineData("यहाँ HINDI में", "यहाँ hindi में")]
    [InlineData("यह", "यह")]
    public void An_uncased_text_loses_case_and_accents_but_no_vowel_sign(string text, string tokens) =>
        Assert.Equal(tokens, BasicTokens.Split(text, cased: false));

    [Fact]
    public void Half_of_a_surrogate_pair_does_no_harm() => Assert.Equal("ab", BasicTokens.Split("a\uD800b", cased: true));

    [Theory]
    [InlineData("é", "e")]
    [InlineData("Ệ", "e")]
    [InlineData("ώ", "ω")]
    [InlineData("й", "и")]
    [InlineData("\u0929", "\u0929")]
    [InlineData("が", "が")]
    public void Accents_are_those_of_alphabets_only(string letter, string plain) => Assert.Equal(plain, BasicTokens.Split(letter, cased: false));
}
