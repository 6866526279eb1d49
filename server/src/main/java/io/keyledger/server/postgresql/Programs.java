package io.keyledger.server.postgresql;

import static java.util.concurrent.TimeUnit.MINUTES;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs PostgreSQL's programs. They refuse to work for root; so root runs them in a user namespace of its own
 * ({@code unshare}) or, where a container forbids that, as another user ({@code setpriv}), who then gets the
 * database's files.
 */
final class Programs {

    /** The ways in which root may run PostgreSQL, best first. */
    enum RootWay {
        UNSHARE,
        SETPRIV
    }

    private record Account(int uid, int gid) {

        static final Account ROOT = new Account(0, 0);
        static final Account NOBODY = new Account(65534, 65534);

        static Account owning(Path path) throws IOException {
            return new Account((int) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS), (int)
                    Files.getAttribute(path, "unix:gid", LinkOption.NOFOLLOW_LINKS));
        }

        boolean mayEnter(Path directory) throws IOException {
            Account other = owning(directory);
            PosixFilePermission needed = other.uid() == uid
                    ? PosixFilePermission.OWNER_EXECUTE
                    : other.gid() == gid ? PosixFilePermission.GROUP_EXECUTE : PosixFilePermission.OTHERS_EXECUTE;
            return Files.getPosixFilePermissions(directory).contains(needed);
        }
    }

    private final Binaries binaries;
    private final List<String> prefix;
    private final @Nullable Account owner;

    /** @param owner who must own the database's files, or null where they are the server's own anyway */
    private Programs(Binaries binaries, List<String> prefix, @Nullable Account owner) {
        this.binaries = binaries;
        this.prefix = prefix;
        this.owner = owner;
    }

    /** The programs, run in the first of the ways that works on this machine for this data directory. */
    static Programs of(Binaries binaries, DataDirectory directory, Path database, Set<RootWay> ways)
            throws IOException {
        if (!runsAsRoot()) {
            return new Programs(binaries, List.of(), null);
        }
        Account owner = Account.owning(Files.exists(database) ? database : directory.path());
        // A database that an ordinary user owns stays that user's.
        List<RootWay> order = owner.uid() == 0
                ? List.of(RootWay.UNSHARE, RootWay.SETPRIV)
                : List.of(RootWay.SETPRIV, RootWay.UNSHARE);
        List<String> problems = new ArrayList<>();
        for (RootWay way : order) {
            if (ways.contains(way)) {
                try {
                    return switch (way) {
                        case UNSHARE -> tried(binaries, directory, List.of("unshare", "--user"), Account.ROOT);
                        case SETPRIV -> {
                            Account account = owner.uid() == 0 ? Account.NOBODY : owner;
                            List<String> prefix = List.of(
                                    "setpriv",
                                    "--reuid=" + account.uid(),
                                    "--regid=" + account.gid(),
                                    "--clear-groups");
                            yield tried(binaries, directory, prefix, account);
                        }
                    };
                } catch (IOException e) {
                    problems.add(String.valueOf(e.getMessage()));
                }
            }
        }
        throw new EmbeddedPostgresException(
                "PostgreSQL does not run as root, and giving up root's rights did not work ("
                        + String.join("; ", problems)
                        + "): start the server as an ordinary user, or set KEYLEDGER_DATA_DIR to a directory on a disk"
                        + " that programs may be run from, below parents that every user may enter (mode 755).");
    }

    private static Programs tried(Binaries binaries, DataDirectory directory, List<String> prefix, Account account)
            throws IOException {
        if (!account.mayEnter(directory.path())) {
            // Through it only: what is in it stays closed, but for the account's own.
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(directory.path());
            permissions.add(PosixFilePermission.GROUP_EXECUTE);
            Files.setAttribute(directory.path(), "unix:gid", account.gid());
            Files.setPosixFilePermissions(directory.path(), permissions);
        }
        for (Path path = directory.path(); path != null; path = path.getParent()) {
            if (!account.mayEnter(path)) {
                throw new IOException("user " + account.uid() + " may not enter " + path);
            }
        }
        Programs programs = new Programs(binaries, prefix, account);
        programs.run(null, "postgres", List.of("--version"));
        return programs;
    }

    private static boolean runsAsRoot() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return false;
        }
        try (Stream<String> lines = Files.lines(status)) {
            // "Uid:" real, effective, saved, file system; PostgreSQL looks at the effective one.
            return lines.anyMatch(line -> line.matches("Uid:\\s+\\d+\\s+0\\s.*"));
        }
    }

    /** Makes the files below a path belong to the account that the programs run as. */
    void own(Path path) throws IOException {
        if (owner == null || Account.owning(path).equals(owner)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> walk = Files.walk(path)) {
            // The path itself comes last: while it is not handed over, the next start does all of this again.
            files = walk.toList().reversed();
        }
        for (Path file : files) {
            Files.setAttribute(file, "unix:gid", owner.gid(), LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(file, "unix:uid", owner.uid(), LinkOption.NOFOLLOW_LINKS);
        }
    }

    /** Sends a signal, such as INT, which Java by itself cannot. */
    void signal(String name, long pid) throws IOException {
        run(null, "pg_ctl", List.of("kill", name, String.valueOf(pid)));
    }

    /**
     * Runs a program to its end.
     *
     * @return what it printed
     * @throws IOException when it fails, with the last lines that it printed
     */
    String run(@Nullable String input, String program, List<String> arguments) throws IOException {
        Process process = builder(List.of(), program, arguments).start();
        try {
            try (var stdin = process.outputWriter()) {
                if (input != null) {
                    stdin.write(input);
                }
            } catch (IOException e) {
                // It ended without reading: its exit code tells.
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(5, MINUTES)) {
                throw new IOException(program + " does not end");
            }
            if (process.exitValue() != 0) {
                List<String> lines =
                        output.lines().filter(line -> !line.isBlank()).toList();
                throw new IOException(program + " failed: "
                        + String.join(" | ", lines.subList(Math.max(0, lines.size() - 5), lines.size())));
            }
            return output;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + program + " ran", e);
        } finally {
            process.destroy();
        }
    }

    /**
     * Starts {@code postgres} so that this process is its parent, but in a process group of its own: Ctrl-C in a
     * terminal would otherwise stop the database before the server has finished with it.
     */
    Process startPostgres(List<String> arguments) throws IOException {
        List<String> detach = onPath("setsid")
                ? List.of("setsid")
                : onPath("perl") // macOS has no setsid
                        ? List.of("perl", "-e", "setpgrp(0, 0); exec { $ARGV[0] } @ARGV", "--")
                        : List.of();
        return builder(detach, "postgres", arguments)
                .redirectInput(new File("/dev/null"))
                .start();
    }

    private ProcessBuilder builder(List<String> detach, String program, List<String> arguments) {
        List<String> command = new ArrayList<>(detach);
        command.addAll(prefix);
        command.add(binaries.program(program).toString());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        // PGOPTIONS, PGDATA and the like are meant for some other PostgreSQL, and messages must be in English.
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        builder.environment().put("LC_ALL", "C");
        return builder;
    }

    private static boolean onPath(String program) {
        String path = System.getenv("PATH");
        return path != null
                && Stream.of(path.split(File.pathSeparator))
                        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }
}
