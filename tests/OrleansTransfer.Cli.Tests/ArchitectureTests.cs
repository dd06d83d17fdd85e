using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using ArchUnitNET.xUnitV3;
using static ArchUnitNET.Fluent.ArchRuleDefinition;
using Assembly = System.Reflection.Assembly;

namespace OrleansTransfer.Cli.Tests;

/// <summary>Keeps the arrows between the projects: Cli, Host -> Gateway -> Cluster -> Learning, Storage, Tuning; all of them -> Contracts.</summary>
public class ArchitectureTests
{
    private static readonly string[] s_projects = ["Cli", "Host", "Gateway", "Cluster", "Learning", "Storage", "Tuning", "Contracts"];

    private static readonly Architecture s_architecture =
        new ArchLoader().LoadAssemblies([.. s_projects.Select(AssemblyOf)]).Build();

    [Theory]
    [InlineData("Contracts")]
    [InlineData("Learning")]
    [InlineData("Tuning")]
    [InlineData("Storage", "Contracts")]
    [InlineData("Cluster", "Learning", "Storage", "Tuning", "Contracts")]
    [InlineData("Gateway", "Cluster", "Learning", "Storage", "Tuning", "Contracts")]
    [InlineData("Host", "Gateway", "Cluster", "Learning", "Storage", "Tuning", "Contracts")]
    public void Arrows_point_one_way(string project, params string[] allowed)
    {
        foreach (var other in s_projects.Except(allowed).Where(other => other != project))
            Types().That().ResideInAssembly(AssemblyOf(project)).Should().NotDependOnAny(Types().That().ResideInAssembly(AssemblyOf(other)))
                .Check(s_architecture);
    }

    [Theory]
    [InlineData("Learning", "Orleans.", "Azure.", "Microsoft.AspNetCore")]
    [InlineData("Storage", "TorchSharp", "Microsoft.AspNetCore")]
    [InlineData("Tuning", "TorchSharp", "Orleans.", "Azure.", "Microsoft.AspNetCore")]
    [InlineData("Contracts", "TorchSharp", "Azure.", "Microsoft.AspNetCore")]
    [InlineData("Gateway", "TorchSharp")]
    public void A_room_does_not_know_the_technology_of_another(string project, params string[] foreign)
    {
        var references = AssemblyOf(project).GetReferencedAssemblies().Select(reference => reference.Name!).ToList();
        Assert.DoesNotContain(references, reference => foreign.Any(prefix => reference.StartsWith(prefix, StringComparison.Ordinal)));
    }

    [Fact]
    public void In_the_cluster_only_what_runs_on_a_workers_thread_touches_tensors() =>
        Types().That().ResideInAssembly(AssemblyOf("Cluster")).And().DoNotResideInNamespace("OrleansTransfer.Cluster.Workers")
            .And().DoNotResideInNamespace("OrleansTransfer.Cluster.Hosting")
            .Should().NotDependOnAnyTypesThat().HaveFullName("TorchSharp.torch+Tensor")
            .Check(s_architecture);

    private static Assembly AssemblyOf(string project) => Assembly.Load(project switch
    {
        "Cli" => "otx",
        "Host" => "otx-node",
        _ => $"OrleansTransfer.{project}",
    });
}
