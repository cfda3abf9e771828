import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/** What workers took: of every key the numbers, as they were first seen. A KCL may show a record a second time. */
final class Taken {
    private final Map<String, LinkedHashSet<Integer>> numbers = new TreeMap<>();
    private final Map<String, Integer> shares = new TreeMap<>();
    private final long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(480);  // before run.py ends it

    synchronized void take(String worker, KinesisClientRecord record) {
        int number = Integer.parseInt(StandardCharsets.UTF_8.decode(record.data()).toString());
        numbers.computeIfAbsent(record.partitionKey(), key -> new LinkedHashSet<>()).add(number);
        shares.merge(worker, 1, Integer::sum);
        notifyAll();
    }

    /** Until there are as many records. */
    void await(int count) throws InterruptedException { await(() -> count() >= count, count + " records"); }

    /** Until this worker took one. */
    void await(String worker) throws InterruptedException { await(() -> shares.containsKey(worker), "one of " + worker); }

    private synchronized void await(BooleanSupplier there, String what) throws InterruptedException {
        while (!there.getAsBoolean()) {
            if (System.nanoTime() > until) {
                throw new AssertionError(what + " wanted, " + count() + " records came: " + shares);
            }
            wait(100);
        }
    }

    /** That every key's numbers are 0 .. count - 1, `ordered`: and came in this order. */
    synchronized void complete(int keys, int count, boolean ordered) {
        var wanted = IntStream.range(0, count).boxed().toList();
        if (numbers.size() != keys) {
            throw new AssertionError("keys: " + numbers.keySet());
        }
        numbers.forEach((key, found) -> {
            if (!(ordered ? found.stream() : found.stream().sorted()).toList().equals(wanted)) {
                throw new AssertionError(key + ": " + found);
            }
        });
    }

    synchronized Map<String, Integer> shares() { return new TreeMap<>(shares); }

    private int count() { return numbers.values().stream().mapToInt(Set::size).sum(); }
}
