using System.Text.RegularExpressions;
using OrleansTransfer.Deployment.Tests.Chart;
using OrleansTransfer.Host;

namespace OrleansTransfer.Deployment.Tests.Image;

public sealed class DockerfileTests(KubernetesTools tools)
{
    [Fact]
    public void Base_images_have_a_version()
    {
        Assert.Equal(2, Dockerfile.Of("FROM").Count);
        Assert.All(Dockerfile.Of("FROM"), image => Assert.Matches(@"^mcr\.microsoft\.com/dotnet/(sdk|aspnet):\d+\.\d+-[a-z]+( AS build)?$", image));

        // Both stages and the program are of one version of .NET.
        var framework = Regex.Match(Repository.Read("Directory.Build.props"), "<TargetFramework>net(.*)</TargetFramework>").Groups[1].Value;
        Assert.All(Dockerfile.Of("FROM"), image => Assert.Contains($":{framework}-", image, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_user_is_a_number_and_the_one_that_the_chart_names()
    {
        var user = long.Parse(Assert.Single(Dockerfile.Of("USER")), null);

        Assert.True(user > 0);
        var manifest = await tools.RenderAsync(KubernetesTools.Release, Installations.All["default"]);
        Assert.All(manifest.Nodes, node => Assert.Equal(user, node.Spec.SecurityContext.RunAsUser));
    }

    [Fact]
    public void Ports_are_those_of_the_program() => Assert.Equal(
        $"{NodePorts.DefaultSilo} {NodePorts.DefaultGateway} {NodePorts.DefaultHttp}", Assert.Single(Dockerfile.Of("EXPOSE")));

    [Fact]
    public void Nothing_is_fetched_but_packages_and_the_backend_is_the_only_argument()
    {
        Assert.Equal("TorchBackend=cpu", Assert.Single(Dockerfile.Of("ARG")));
        Assert.Empty(Dockerfile.Of("ADD"));
        Assert.All(Dockerfile.Of("RUN"), run => Assert.DoesNotMatch("curl|wget|apt", run));
    }

    [Fact]
    public void All_that_is_written_goes_below_a_volume()
    {
        var volume = Assert.Single(Dockerfile.Of("VOLUME"));

        Assert.Equal(volume, Dockerfile.Environment["HOME"]);
        Assert.StartsWith(volume + "/", Dockerfile.Environment["OTX_CACHE"], StringComparison.Ordinal);
        Assert.Equal(volume, Dockerfile.Of("WORKDIR")[^1]);
    }

    [Fact]
    public void What_the_build_reads_is_in_its_context()
    {
        var admitted = Repository.Read(".dockerignore").Split('\n').Where(line => line.StartsWith('!')).Select(line => line[1..]).ToList();

        Assert.StartsWith("*\n", Repository.Read(".dockerignore"), StringComparison.Ordinal);
        foreach (var needed in (string[])[
            "src", "build", "global.json", ".editorconfig", "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"])
        {
            Assert.True(Path.Exists(Repository.At(needed)));
            Assert.Contains(admitted, pattern => Regex.IsMatch(needed, $"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal)}$"));
        }
    }
}
