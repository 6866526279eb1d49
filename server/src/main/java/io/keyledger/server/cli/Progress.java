package io.keyledger.server.cli;

import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongConsumer;

/** How far long work is, on standard error: a bar on a terminal, a line now and then elsewhere. */
final class Progress implements AutoCloseable {

    private static final int WIDTH = 30;
    private static final Duration PAUSE_ON_TERMINAL = Duration.ofMillis(200);
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private final PrintWriter err;
    private final String what;
    private final boolean terminal;
    private final long start = System.nanoTime();
    private long total;
    private long done;
    private long shownAt;
    private boolean shown;

    /**
     * @param what such as "Rebuilding lookup"
     * @param total 0: not known
     */
    Progress(PrintWriter err, String what, long total) {
        this(err, what, total, isTerminal());
    }

    Progress(PrintWriter err, String what, long total, boolean terminal) {
        this.err = err;
        this.what = what;
        this.total = total;
        this.terminal = terminal;
        this.shownAt = start;
    }

    /** Since Java 25 there is no console again where nobody sits at one. */
    private static boolean isTerminal() {
        return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }

    /** @throws InterruptedException when Ctrl-C was pressed: here is a good place to stop */
    void advance(long by) throws InterruptedException {
        to(done + by, total);
    }

    /** @throws InterruptedException when Ctrl-C was pressed: here is a good place to stop */
    void to(long done, long total) throws InterruptedException {
        this.done = done;
        this.total = total;
        var pause = terminal ? PAUSE_ON_TERMINAL : PAUSE;
        if (System.nanoTime() - shownAt >= pause.toNanos()) {
            shownAt = System.nanoTime();
            show();
        }
        Interruption.check();
    }

    /** For work that knows nothing of Ctrl-C, and is ended by an exception. */
    LongConsumer upTo(long total) {
        return done -> {
            try {
                to(done, total);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new UncheckedIOException(new IOException("stopped", e));
            }
        };
    }

    private void show() {
        shown = true;
        var text = text(Duration.ofNanos(System.nanoTime() - start));
        if (terminal) {
            // Over the line before, which may have been longer.
            err.print("\r" + text + "\033[K");
            err.flush();
        } else {
            err.println(text);
        }
    }

    /** For example: Rebuilding lookup  [######----]  60 %  6,000 of 10,000  1,200/s  3 s left. */
    String text(Duration taken) {
        var seconds = taken.toMillis() / 1000.0;
        var rate = seconds <= 0 ? 0 : done / seconds;
        if (total <= 0) {
            return String.format(Locale.ROOT, "%s  %,d  %,.0f/s", what, done, rate);
        }
        var share = Math.min(1.0, (double) done / total);
        var filled = (int) (share * WIDTH);
        return String.format(
                Locale.ROOT,
                "%s%s  %d %%  %,d of %,d  %,.0f/s%s",
                what,
                terminal ? "  [" + "#".repeat(filled) + "-".repeat(WIDTH - filled) + "]" : "",
                (int) (share * 100),
                done,
                total,
                rate,
                rate > 0 && done < total ? String.format(Locale.ROOT, "  %.0f s left", (total - done) / rate) : "");
    }

    /** Leaves the last state on the screen. */
    @Override
    public void close() {
        if (terminal && shown) {
            show();
            err.println();
        }
    }
}
