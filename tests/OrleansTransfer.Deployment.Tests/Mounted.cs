using k8s.Models;

namespace OrleansTransfer.Deployment.Tests;

/// <summary>Files of secrets within a node's container.</summary>
internal static class Mounted
{
    /// <summary>
    /// Where a key of a secret is, as a file that follows the secret: one that is mounted by a subPath would not. Fails the test where it is not.
    /// </summary>
    public static string File(Workload node, string secret, string key)
    {
        var volume = Assert.Single(node.Spec.Volumes, one => one.Secret?.SecretName == secret);
        var mount = Assert.Single(node.Node.VolumeMounts, one => one.Name == volume.Name);
        Assert.True(mount.ReadOnlyProperty);
        Assert.Null(mount.SubPath);
        // Readable for the group of the pod's user, and nobody else.
        Assert.Equal(0b100_100_000, volume.Secret.DefaultMode);
        var path = volume.Secret.Items is null ? key : Assert.Single(volume.Secret.Items, one => one.Key == key).Path;
        return $"{mount.MountPath}/{path}";
    }
}
