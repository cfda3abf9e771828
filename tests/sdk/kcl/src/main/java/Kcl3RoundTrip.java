/** The same with a setting that version 2 has not: how long a worker that died is believed to live, twice this. */
public final class Kcl3RoundTrip {
    public static void main(String[] args) {
        Worker.hurry = leases -> leases.workerUtilizationAwareAssignmentConfig().workerMetricsReporterFreqInMillis(2000);
        KclRoundTrip.main(args);
    }
}
