import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs the main methods of Kafka's tools one after another in this one JVM, because starting a JVM for each would take
 * most of the time. A line of standard input is a command: a class, a timeout in milliseconds, what the tool reads on
 * standard input, and its arguments, separated by blanks, the last two in base64 with an "=" before each. The answer is
 * one line: the exit code (-1 when the tool was not done in time, null when it ended this JVM) and what it wrote to
 * standard output and standard error, in base64 likewise.
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
    private static Thread answering;

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
        // Some ask the JVM itself to exit (argparse4j's --help): the code is then that of this process.
        answering = new Thread(() -> answer(answers, current));
        Runtime.getRuntime().addShutdownHook(answering);
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
            answer(answers, run);
        }
        Runtime.getRuntime().halt(0);
    }

    private static void answer(PrintStream to, Run run) {
        synchronized (run) {
            to.println(run.code + " " + encoded(run.out) + " " + encoded(run.err));
            run.listening = false;
        }
        to.flush();
    }

    private static void run(Run run, String className, int timeoutMs, String[] args)
        throws InterruptedException {
        Thread thread = new Thread(() -> {
            try {
                ClassLoader loader = new FreshTools();
                Thread.currentThread().setContextClassLoader(loader);
                Method main = loader.loadClass(className).getMethod("main", String[].class);
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
        for (Runnable hook : run.hooks) finish(new Thread(hook, "hook"));
        for (Thread hook : hooksOfTheJvm()) {
            Runtime.getRuntime().removeShutdownHook(hook);
            finish(hook);
        }
    }

    private static void finish(Thread hook) throws InterruptedException {
        hook.start();
        hook.join(5_000);
    }

    /** What a tool wants done at the JVM's end, which is the end of its run here. */
    private static List<Thread> hooksOfTheJvm() {
        try {
            Field hooks = Class.forName("java.lang.ApplicationShutdownHooks").getDeclaredField("hooks");
            hooks.setAccessible(true);
            List<Thread> found = new ArrayList<>();
            for (Object hook : ((Map<?, ?>) hooks.get(null)).keySet()) found.add((Thread) hook);
            found.remove(answering);
            return found;
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException(error);
        }
    }

    /** The tools' own classes anew for each run, because they keep counts in static fields. */
    private static final class FreshTools extends URLClassLoader {
        FreshTools() {
            super(CLASS_PATH, ToolHost.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("org.apache.kafka.tools.")
                && !name.startsWith("kafka.tools.")
                && !name.startsWith("kafka.admin.")) return super.loadClass(name, resolve);
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded != null ? loaded : findClass(name);
            }
        }
    }

    private static final URL[] CLASS_PATH = classPath();

    private static URL[] classPath() {
        try {
            List<URL> urls = new ArrayList<>();
            for (String file : System.getProperty("java.class.path").split(File.pathSeparator)) {
                urls.add(new File(file).toURI().toURL());
            }
            return urls.toArray(new URL[0]);
        } catch (MalformedURLException error) {
            throw new IllegalStateException(error);
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
