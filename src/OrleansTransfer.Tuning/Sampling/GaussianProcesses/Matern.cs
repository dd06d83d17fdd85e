namespace OrleansTransfer.Tuning.Sampling.GaussianProcesses;

/// <summary>The Matérn kernel with ν = 5/2 (Rasmussen and Williams, equation 4.17), of a = √5 r with r the scaled distance.</summary>
internal static class Matern
{
    /// <summary>The correlation.</summary>
    public static double Correlation(double a) => (1 + a + a * a / 3) * Math.Exp(-a);

    /// <summary>
    /// s with dk = s Σ w_d D_d d(log ℓ_d), where D_d is the squared distance in parameter d and w_d = 1/ℓ_d²; and dk = -s Σ w_d (x_d - y_d) dx_d.
    /// </summary>
    public static double Slope(double a) => 5.0 / 3 * (1 + a) * Math.Exp(-a);
}
