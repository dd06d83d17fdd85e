using OrleansTransfer.Cli.Terminal;

namespace OrleansTransfer.Cli.Tests.Terminal;

public sealed class ShellPathTests
{
    [Fact]
    public void Paths_can_be_pasted_into_a_shell()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix paths.");
        Assert.Equal(".otx/a/b.png", ShellPath.Of("/home/me/.otx/a/b.png", "/home/me"));
        Assert.Equal("/srv/state/b.png", ShellPath.Of("/srv/state/b.png", "/home/me"));
        Assert.Equal("'my leaves/b.png'", ShellPath.Of("/home/me/my leaves/b.png", "/home/me"));
        Assert.Equal(@"'it'\''s/b.png'", ShellPath.Of("/home/me/it's/b.png", "/home/me"));
    }

    [Fact]
    public void Further_commands_find_a_state_folder_with_a_space()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix paths.");
        Assert.Equal(" --state '/srv/my state'", new Connection(null, "/srv/my state", null, StateGiven: true).Suffix);
        Assert.Equal(" --state azure:leaves", new Connection(null, "azure:leaves", null, StateGiven: true).Suffix);
        Assert.Equal("", new Connection(null, "/srv/my state", null, StateGiven: false).Suffix);
    }
}
