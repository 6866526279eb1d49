package io.keyledger.server.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C, or a signal to stop: the command is interrupted, gets some seconds to leave things in order, and what it has
 * opened is closed. The exit code is the system's: 130 for Ctrl-C.
 */
final class Interruption {

    private static final int SECONDS_TO_END = 10;

    private static volatile boolean happening;
    private static volatile AutoCloseable open = () -> {};

    private final CountDownLatch over = new CountDownLatch(1);

    private Interruption() {}

    /** @param worker runs the command */
    static Interruption watch(Thread worker) {
        var interruption = new Interruption();
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("stop").unstarted(() -> interruption.stop(worker)));
        return interruption;
    }

    private void stop(Thread worker) {
        if (over.getCount() == 0) {
            return;
        }
        happening = true;
        worker.interrupt();
        try {
            if (!over.await(SECONDS_TO_END, TimeUnit.SECONDS)) {
                open.close();
            }
        } catch (Exception e) {
            System.err.println("keyledger: could not end in order: " + e);
        }
    }

    /** The command has ended by itself. */
    void over() {
        over.countDown();
    }

    /** What is closed when the command does not end by itself; closing twice does no harm. */
    static void closeAtTheEnd(AutoCloseable resource) {
        open = resource;
    }

    static boolean isHappening() {
        return happening;
    }

    /** Long work asks now and then, where it can stop in order. */
    static void check() throws InterruptedException {
        if (happening) {
            throw new InterruptedException("stopped");
        }
    }
}
