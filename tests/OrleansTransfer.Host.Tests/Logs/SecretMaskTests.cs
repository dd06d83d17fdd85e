using OrleansTransfer.Host.Logs;

namespace OrleansTransfer.Host.Tests.Logs;

public sealed class SecretMaskTests
{
    [Theory]
    [InlineData("redis:6379,password=open-sesame,ssl=true", "redis:6379,password=***,ssl=true")]
    [InlineData("AccountName=a;AccountKey=Eby8vdM02xNOc==;BlobEndpoint=http://h", "AccountName=a;AccountKey=***;BlobEndpoint=http://h")]
    [InlineData("https://a.blob.core.windows.net/c?sv=1&sig=abc%2Fdef&se=2", "https://a.blob.core.windows.net/c?sv=1&sig=***&se=2")]
    [InlineData("GET https://user:hunter2@mirror.example/x", "GET https://user:***@mirror.example/x")]
    [InlineData("Authorization: Bearer abcdef", "Authorization: Bearer ***")]
    [InlineData("http://127.0.0.1:8080/api answered", "http://127.0.0.1:8080/api answered")]
    [InlineData("a design of three words", "a design of three words")]
    public void What_is_a_secret_by_its_name_is_hidden(string text, string shown) => Assert.Equal(shown, new SecretMask().Apply(text));

    [Fact]
    public void What_the_node_was_given_is_hidden_wherever_it_is()
    {
        var mask = new SecretMask("h:1,password=open-sesame", null, "AccountKey=Eby8vdM02xNOc==");

        Assert.Equal("it refused '***' and ***", mask.Apply("it refused 'open-sesame' and Eby8vdM02xNOc=="));
    }
}
