using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace OrleansTransfer.Cluster.Transport;

/// <summary>Certificates and keys in PEM, with sentences for files that are not what they should be.</summary>
public static class PemCertificates
{
    /// <summary>All certificates that a file holds, in its order; at least one.</summary>
    /// <param name="content">The file's content.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <exception cref="FormatException">It holds none, or something that cannot be read.</exception>
    public static X509Certificate2Collection Read(byte[] content, string path)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(Encoding.UTF8.GetString(content));
        }
        catch (CryptographicException e)
        {
            throw new FormatException($"'{path}' cannot be read as certificates in PEM.", e);
        }
        return found.Count > 0 ? found : throw new FormatException($"'{path}' holds no certificate in PEM.");
    }

    /// <summary>The first certificate of one file with its private key, which is in another.</summary>
    /// <param name="certificate">Content of the certificate's file.</param>
    /// <param name="key">Content of the key's file.</param>
    /// <param name="certificatePath">Name of the certificate's file, for messages.</param>
    /// <param name="keyPath">Name of the key's file, for messages.</param>
    /// <exception cref="FormatException">The key is none, has a password, or belongs to another certificate.</exception>
    public static X509Certificate2 WithKey(byte[] certificate, byte[] key, string certificatePath, string keyPath)
    {
        try
        {
            return X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(certificate), Encoding.UTF8.GetString(key));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new FormatException($"'{keyPath}' is not the private key, without a password, of the certificate in '{certificatePath}'.", e);
        }
    }
}
