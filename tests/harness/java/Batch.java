import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs many programs in one JVM, because starting one costs more than most of Kafka's tools do.
 *
 * A line of standard input names a main class and its arguments, separated by tabs. What the program prints goes to
 * standard output, followed by a line of U+0001 and the exit status.
 */
public class Batch {
    /** Takes the place of the end of the process. Some tools catch it like any failure, and ask for another end. */
    private static final class Exited extends RuntimeException {
    }

    /** What the running program first asked for. */
    private static Integer status;

    public static void main(String[] arguments) throws Exception {
        Exit.Procedure trap = (wanted, message) -> {
            status = status == null ? wanted : status;
            throw new Exited();
        };
        Exit.setExitProcedure(trap);
        Exit.setHaltProcedure(trap);
        PrintStream out = System.out;
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split("\t", -1);
            int ended = run(words[0], Arrays.copyOfRange(words, 1, words.length));
            out.println();
            out.println("\u0001" + ended);
            out.flush();
        }
        // Threads that a tool left behind must not keep the process.
        System.exit(0);
    }

    private static int run(String mainClass, String[] arguments) throws Exception {
        status = null;
        try {
            Class.forName(mainClass).getMethod("main", String[].class).invoke(null, (Object) arguments);
        } catch (InvocationTargetException e) {
            if (status == null) {
                e.getCause().printStackTrace();
                return 1;
            }
        }
        return status == null ? 0 : status;
    }
}
