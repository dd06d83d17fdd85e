using OrleansTransfer.Gateway.Access;

namespace OrleansTransfer.Gateway.Tests.Access;

public sealed class ApiKeyFileTests
{
    private const string Hash = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_written_is_read(bool json)
    {
        var time = new DateTimeOffset(2027, 1, 31, 12, 0, 0, TimeSpan.Zero);
        IReadOnlyList<ApiKeyEntry> keys =
        [
            new("0a1b2c3d", "alice@example", ApiRole.Admin, Hash),
            new("ffffffff", "ci", ApiRole.Viewer, Hash) { NotBefore = time.AddDays(-1), Expires = time, Revoked = time.AddHours(-1) },
        ];

        Assert.Equal(keys, ApiKeyFile.Parse(ApiKeyFile.Format(keys, json), "keys"));
        Assert.Empty(ApiKeyFile.Parse(ApiKeyFile.Format([], json), "keys"));
    }

    [Theory]
    [InlineData("", "expected one list, 'keys'")]
    [InlineData("kyes: []", "expected one list, 'keys'")]
    [InlineData("keys: [{", "this is not YAML")]
    [InlineData("keys: [{nmae: x}]", "'nmae' is none of id, name")]
    [InlineData("keys:\n- id: xyz\n  name: a\n  role: admin\n  hash: h", "line 2: id is not eight hexadecimal digits")]
    [InlineData("keys:\n- id: 0a1b2c3d\n  name: a b\n  role: admin\n  hash: h", "line 3: name is not")]
    [InlineData("keys:\n- id: 0a1b2c3d\n  name: a\n  role: boss\n  hash: h", "line 4: role is not one of viewer, operator, admin")]
    [InlineData("keys:\n- id: 0a1b2c3d\n  name: a\n  role: admin\n  hash: otx_secret", "line 5: hash is not sha256:")]
    [InlineData("keys:\n- id: 0a1b2c3d\n  name: a\n  role: admin", "line 2: a key without hash")]
    [InlineData("keys:\n- {id: 0a1b2c3d, name: a, role: admin, hash: " + Hash + ", expires: soon}", "line 2: expires is not a time")]
    [InlineData("keys:\n- &a {id: 0a1b2c3d, name: a, role: admin, hash: " + Hash + "}\n- *a", "the id '0a1b2c3d' belongs to two keys")]
    public void What_is_wrong_is_named_with_its_line_and_never_quoted_where_it_may_be_a_secret(string text, string expected)
    {
        var message = Assert.Throws<FormatException>(() => ApiKeyFile.Parse(text, "keys.yaml")).Message;
        Assert.StartsWith("keys.yaml", message);
        Assert.Contains(expected, message);
        Assert.DoesNotContain("secret", message);
    }

    [Fact]
    public void Keys_are_long_differ_and_carry_their_id()
    {
        var keys = Enumerable.Range(0, 100).Select(_ => ApiKey.Create()).ToList();

        Assert.Equal(100, keys.Select(key => key.Key).Distinct().Count());
        Assert.All(keys, key =>
        {
            Assert.Equal(key.Id, ApiKey.IdOf(key.Key));
            Assert.True(ApiKey.Matches(key.Key, ApiKey.Hash(key.Key)));
            Assert.False(ApiKey.Matches(key.Key[..^1] + (key.Key[^1] == 'a' ? 'b' : 'a'), ApiKey.Hash(key.Key)));
            Assert.True(ApiKey.IsHash(ApiKey.Hash(key.Key)));
        });
        Assert.All((string[])["", "otx_", "otx_0a1b2c3d", keys[0].Key + "x", keys[0].Key.ToUpperInvariant()], text => Assert.Null(ApiKey.IdOf(text)));
    }
}
