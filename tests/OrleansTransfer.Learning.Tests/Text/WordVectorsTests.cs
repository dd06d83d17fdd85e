using System.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Text;

public sealed class WordVectorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a 1 2.5 -3e-1\nb 0 0 1\n")]
    [InlineData("2 3\na 1 2.5 -0.3 \nb 0 0 1 \n")]
    [InlineData("a\t1\t2.5\t-.3\r\nb\t0\t0\t1\r\n")]
    public void The_text_format_is_read(string content)
    {
        var vectors = WordVectors.Load([Write("x.vec", content)]);
        Assert.Equal(["a", "b"], vectors.Words);
        Assert.Equal((3, 1, null), (vectors.Dimensions, vectors.Row("b"), vectors.Row("c")));
        Assert.Equal([1f, 2.5f, -0.3f], vectors.Vector(0).ToArray());
        using var tensor = vectors.CreateTensor();
        Assert.Equal([2L, 3], tensor.shape);
        Assert.Equal([1f, 2.5f, -0.3f, 0, 0, 1], tensor.data<float>().ToArray());
    }

    [Fact]
    public void A_word_of_the_text_format_may_hold_spaces() =>
        Assert.Equal(["a", ". . ."], WordVectors.Load([Write("x.txt", "a 1 2\n. . . 3 4\n")]).Words);

    [Fact]
    public void Safetensors_are_read_with_the_words_beside_them()
    {
        using var scope = NewDisposeScope();
        var values = tensor(new[] { 1f, 2, 3, 4 }).reshape(2, 2);
        SafetensorsWriter.Write(_folder["t.f16.safetensors"], [("vectors", values.to(ScalarType.Float16))]);
        Write("t.vocab.txt", "one\r\nदो\n");
        var vectors = WordVectors.Load([_folder["t.f16.safetensors"]]);
        Assert.Equal(["one", "दो"], vectors.Words);
        Assert.Equal([3f, 4], vectors.Vector(1).ToArray());
    }

    [Fact]
    public void Of_a_word_in_several_tables_the_first_vector_counts()
    {
        var vectors = WordVectors.Load(
        [
            Write("x.vec", "a 1 1\nb 2 2\na 9 9\n"), Write("y.vec", "c 3 3\nb 8 8\ne\u0301 4 4\n"), Write("z.vec", "\u00E9 7 7\nd 5 5\n"),
        ]);
        Assert.Equal(["a", "b", "c", "\u00E9", "d"], vectors.Words);
        Assert.Equal([1f, 2, 3, 4, 5], Enumerable.Range(0, 5).Select(row => vectors.Vector(row)[0]));
    }

    [Fact]
    public void Normalised_tables_have_unit_vectors_and_each_its_own_mean_removed()
    {
        var random = new Random(1);
        var vectors = WordVectors.Load([Write("a.vec", Table("a", -0.5)), Write("b.vec", Table("b", 10) + "zero 0 0\n")], normalise: true);
        for (var row = 0; row < 400; row++) Assert.Equal(1, Math.Sqrt(vectors.Vector(row).ToArray().Sum(value => value * value)), 1e-5);
        foreach (var start in new[] { 0, 200 })
            Assert.InRange(Math.Abs(Enumerable.Range(start, 200).Average(row => vectors.Vector(row)[1])), 0, 0.2);

        string Table(string name, double shift) => string.Concat(Enumerable.Range(0, 200).Select(i =>
            FormattableString.Invariant($"{name}{i} {shift + random.NextDouble()} {random.NextDouble() - 0.5}\n")));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("a 1 2\nb 1\n", "line 2, has 1 numbers after its word, and 2 were expected")]
    [InlineData("a 1 2\nb 1 x\n", "line 2: 'x' is not a number")]
    [InlineData("a 1 NaN\n", "The vector of 'a'")]
    [InlineData("3 2\na 1 2\nb 1 2\n", "says that it has 3 words, and has 2")]
    [InlineData("just\nwords\n", "line 1, has 0 numbers")]
    [InlineData("a 1\0", "binary file")]
    public void What_is_no_table_is_refused(string content, string expected)
    {
        var path = Write("x.vec", content);
        var message = Assert.Throws<LearningException>(() => WordVectors.Load([path])).Message;
        Assert.Contains(expected, message);
        Assert.Contains(path, message);
    }

    [Fact]
    public void Tables_that_do_not_fit_each_other_or_their_words_are_refused()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(_folder["t.safetensors"], [("vectors", ones(2, 3))]);
        Assert.Contains("t.vocab.txt' does not exist", Message("t.safetensors"));
        Write("t.vocab.txt", "one\ntwo\nthree\n");
        Assert.Contains("has 2 vectors, and", Message("t.safetensors"));
        SafetensorsWriter.Write(_folder["m.safetensors"], [("fc.weight", ones(2, 3)), ("fc.bias", ones(2))]);
        Assert.Contains("not a table of word vectors: it holds 'fc.bias' [2], 'fc.weight' [2,3].", Message("m.safetensors"));
        Write("x.vec", "a 1 2\n");
        Write("y.vec", "b 1 2 3\n");
        string[] unlike = [_folder["x.vec"], _folder["y.vec"]];
        Assert.Contains("3 dimensions, those of", Assert.Throws<LearningException>(() => WordVectors.Load(unlike)).Message);
        Assert.Contains("cannot be read", Message("none.vec"));
        Assert.Contains("No table", Assert.Throws<LearningException>(() => WordVectors.Load([])).Message);

        string Message(string name) => Assert.Throws<LearningException>(() => WordVectors.Load([_folder[name]])).Message;
    }

    private string Write(string name, string content) => _folder.Write(name, Encoding.UTF8.GetBytes(content));
}
