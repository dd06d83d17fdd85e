using System.Net;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Host.Membership;

namespace OrleansTransfer.Host.Tests.Membership;

public sealed class AdmissionTests
{
    private static readonly IPEndPoint s_peer = new(IPAddress.Loopback, 11111);

    [Fact]
    public void A_node_of_the_same_cluster_and_protocol_is_taken_whatever_its_version()
    {
        Admission.Judge(new(new("otx", "99.0.0", ClusterVersion.Protocol), null), s_peer, "otx");
        Admission.Judge(new(null, null), s_peer, "otx");
    }

    [Fact]
    public void What_keeps_a_node_out_is_said()
    {
        Assert.Equal("The two cannot talk.", Said<ClusterNotFoundException>(new(null, "The two cannot talk.")));
        Assert.Contains("belongs to the cluster 'blue'", Said<ClusterNotFoundException>(new(NodeFacts.Own("blue"), null)), StringComparison.Ordinal);
        var refusal = Said<NodeStartException>(new(new("otx", "99.0.0", ClusterVersion.Protocol + 1), null));
        Assert.Contains(
            $"it is of version {ClusterVersion.Current}, which speaks protocol {ClusterVersion.Protocol}, and", refusal, StringComparison.Ordinal);
        Assert.Contains($"of version 99.0.0, which speaks protocol {ClusterVersion.Protocol + 1}.", refusal, StringComparison.Ordinal);

        static string Said<T>(GreetingAnswer answer) where T : Exception =>
            Assert.Throws<T>(() => Admission.Judge(answer, s_peer, "otx")).Message;
    }

    [Fact]
    public void Rows_of_the_membership_are_read_and_those_of_another_form_are_passed_over()
    {
        const string Row = """
            {"SiloAddress":{"SiloAddress":"10.0.0.7:11111@155074327"},"Status":3,"SuspectTimes":[],"ProxyPort":30000,"HostName":"vm",
             "SiloName":"n1","RoleName":"otx","StartTime":"2026-11-30T20:12:07.1356769Z","IAmAliveTime":"2026-11-30T20:12:11.5Z"}
            """;

        var member = Assert.Single(RedisMember.Read(
        [
            new("Version", "2"), new("S1", Row), new("S2", "{"), new("S3", """{"Status":3}"""),
            new("S4", Row.Replace(":11111@", "-", StringComparison.Ordinal)),
        ]));

        var alive = new DateTime(2026, 11, 30, 20, 12, 11, 500, DateTimeKind.Utc);
        Assert.Equal(new(IPEndPoint.Parse("10.0.0.7:11111"), IPEndPoint.Parse("10.0.0.7:30000"), SiloStatus.Active, alive), member);
    }
}
