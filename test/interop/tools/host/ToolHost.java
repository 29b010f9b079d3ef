import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs the main methods of Kafka's tools one after another in this one JVM, because starting a JVM for each would take
 * most of the time. A line of standard input is a command: a class, a timeout in milliseconds, what the tool reads on
 * standard input, and its arguments, separated by blanks, the last two in base64 with an "=" before each. The answer is
 * one line: the exit code (-1 when the tool was not done in time) and what it wrote to standard output and standard
 * error, in base64 likewise.
 */
public final class ToolHost {
    /** What a tool's exit becomes: the thread unwinds, and what it still prints on the way is not the tool's any more. */
    private static final class Exited extends Error {
        Exited() {
            super("exit", null, false, false);
        }
    }

    /** One run of a tool. */
    private static final class Run {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final List<Runnable> hooks = new ArrayList<>();
        Integer code;
        boolean listening = true;

        synchronized void exit(int given) {
            if (code == null) code = given;
            listening = false;
        }

        synchronized void write(ByteArrayOutputStream to, byte[] bytes, int from, int count) {
            if (listening) to.write(bytes, from, count);
        }
    }

    private static volatile Run current = new Run();

    public static void main(String[] words) throws Exception {
        PrintStream answers = System.out;
        BufferedReader commands =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        // Set before any tool's class is loaded: Scala remembers the streams it first saw.
        System.setOut(new PrintStream(sink(true), true, "UTF-8"));
        System.setErr(new PrintStream(sink(false), true, "UTF-8"));
        Exit.setExitProcedure((code, message) -> {
            current.exit(code);
            throw new Exited();
        });
        Exit.setHaltProcedure((code, message) -> {
            current.exit(code);
            throw new Exited();
        });
        Exit.setShutdownHookAdder((name, hook) -> {
            synchronized (current.hooks) {
                current.hooks.add(hook);
            }
        });
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] fields = line.split(" ");
            String[] args = new String[fields.length - 3];
            for (int index = 0; index < args.length; index++) {
                args[index] = new String(decoded(fields[index + 3]), StandardCharsets.UTF_8);
            }
            Run run = new Run();
            current = run;
            System.setIn(new ByteArrayInputStream(decoded(fields[2])));
            run(run, fields[0], Integer.parseInt(fields[1]), args);
            synchronized (run) {
                answers.println(run.code + " " + encoded(run.out) + " " + encoded(run.err));
                run.listening = false;
            }
            answers.flush();
        }
        Runtime.getRuntime().halt(0);
    }

    private static void run(Run run, String className, int timeoutMs, String[] args)
        throws InterruptedException {
        Thread thread = new Thread(() -> {
            try {
                Method main = Class.forName(className).getMethod("main", String[].class);
                main.invoke(null, (Object) args);
                run.exit(0);
            } catch (InvocationTargetException error) {
                if (!(error.getCause() instanceof Exited)) {
                    error.getCause().printStackTrace();
                    run.exit(1);
                }
            } catch (ReflectiveOperationException error) {
                error.printStackTrace();
                run.exit(99);
            }
        }, "main");
        thread.setDaemon(true);
        thread.start();
        thread.join(timeoutMs);
        if (thread.isAlive()) {
            run.exit(-1);
            thread.interrupt();
        }
        synchronized (run) {
            run.listening = true;
        }
        for (Runnable hook : run.hooks) {
            Thread ending = new Thread(hook, "hook");
            ending.setDaemon(true);
            ending.start();
            ending.join(5_000);
        }
    }

    private static OutputStream sink(boolean standardOutput) {
        return new OutputStream() {
            @Override
            public void write(int value) {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int from, int count) {
                Run run = current;
                run.write(standardOutput ? run.out : run.err, bytes, from, count);
            }
        };
    }

    private static byte[] decoded(String field) {
        return Base64.getDecoder().decode(field.substring(1));
    }

    private static String encoded(ByteArrayOutputStream bytes) {
        return "=" + Base64.getEncoder().encodeToString(bytes.toByteArray());
    }
}
