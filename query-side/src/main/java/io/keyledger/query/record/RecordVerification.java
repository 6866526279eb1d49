package io.keyledger.query.record;

import io.keyledger.query.record.VerifiedStretch.Difference;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Reads the whole record in the database and says whether it is what was recorded: hashes every stored event anew,
 * compares it with its leaf, builds the tree, and compares that with every checkpoint, those among them that were kept
 * outside. Changes nothing. Takes a few megabytes of memory however long the record is, and may be done while servers append
 * and sign.
 *
 * <p>What it can find depends on what it is given. Without a checkpoint from outside, somebody who put back an older state
 * of the whole database is not found, as that is a true record up to then.
 */
public final class RecordVerification {

    /** So many leaves are read and hashed by one thread at a time. */
    private static final int STRETCH = 1 << 15;

    private static final int FINDINGS = 100;

    private final DataSource dataSource;
    private final RecordKeys keys;
    private final JdbcTemplate jdbc;
    private final int threads;
    private final int stretch;

    /** @param threads how many read, hash and check signatures at once, each with a connection of its own */
    public RecordVerification(DataSource dataSource, RecordKeys keys, int threads) {
        this(dataSource, keys, threads, STRETCH);
    }

    /** @param stretch how many leaves are read at a time, a multiple of 256 */
    public RecordVerification(DataSource dataSource, RecordKeys keys, int threads, int stretch) {
        this.dataSource = dataSource;
        this.keys = keys;
        this.jdbc = new JdbcTemplate(dataSource);
        this.threads = threads;
        this.stretch = stretch;
    }

    /** What was done to the record. */
    public enum Kind {
        /** The stored event is not the recorded one. */
        ALTERED,
        /** What two events held was exchanged. */
        SWAPPED,
        /** A recorded event is not there any more. */
        DELETED,
        /** An event is there that was never recorded. */
        INSERTED,
        /** The record ends before a checkpoint of its own, or before what was signed last. */
        TRUNCATED,
        /** The record ends before a checkpoint that was kept outside, and is consistent in itself. */
        OLDER_STATE,
        /** Events were altered together with the hashes of them; a signed checkpoint, or what was signed last, says so. */
        REWRITTEN,
        /** Hashes of the tree were altered. The events are what was recorded. */
        TREE_ALTERED,
        /** A stored checkpoint is not what was signed. */
        CHECKPOINT_ALTERED,
        /** The checkpoint that was signed last is not there any more. */
        CHECKPOINT_DELETED,
        /** A checkpoint that was given is not this log's, or was altered. */
        CHECKPOINT_NOT_OURS,
        /** The database's key is another than the one that was given, or than the one that its private key belongs to. */
        KEY_REPLACED
    }

    /**
     * Something that is not as it was recorded.
     *
     * @param leaf where in the tree, from 0; absent: it is about no event
     * @param position of the event; absent: not known, or about no event
     * @param eventId absent: not known, or about no event
     * @param sentence for a person
     */
    public record Finding(
            Kind kind,
            @Nullable Long leaf,
            @Nullable Long position,
            @Nullable String eventId,
            String sentence) {}

    /**
     * What came out.
     *
     * @param size how many events the record holds
     * @param waiting events that are stored and not recorded yet
     * @param signedUpTo the size of the biggest checkpoint that agrees, and so what is proven; the rest is only hashed
     * @param checkpoints how many checkpoints agree, those from outside included
     * @param outside how many of these were given
     * @param findings those about events first, in the order of their leaves; at most a hundred
     */
    public record Outcome(
            long size, long waiting, long signedUpTo, int checkpoints, int outside, List<Finding> findings) {

        /** Whether everything is as it was recorded. */
        public boolean isSound() {
            return findings.isEmpty();
        }

        /** The first bad event, or what else is first. */
        public Optional<Finding> first() {
            return findings.stream().findFirst();
        }
    }

    /** Is told from time to time how far it has come. */
    @FunctionalInterface
    public interface Progress {
        void verified(long leaves, long of);
    }

    /**
     * Verifies.
     *
     * @param trusted the record's key as somebody trusted knows it; absent: the database is believed about it
     * @param outside checkpoints that were kept outside
     * @throws InterruptedException when the thread was told to stop
     */
    public Outcome verify(@Nullable VerifierKey trusted, List<SignedNote> outside, Progress progress)
            throws InterruptedException {
        return new Run(trusted, outside, progress).verify();
    }

    /** Where a checkpoint was. */
    enum Source {
        STORED("the checkpoint of size %d"),
        OUTSIDE("a checkpoint of size %d that was kept outside"),
        /** Sealed with the key. It needs no signature: whoever can write it can sign, too. */
        SEALED("what was signed last, a checkpoint of size %d,");

        private final String words;

        Source(String words) {
            this.words = words;
        }
    }

    /**
     * A checkpoint to compare with.
     *
     * @param signed by the key that counts
     * @param signedByStored by the key that the database says is the record's
     */
    record Anchor(Checkpoint checkpoint, Source source, boolean signed, boolean signedByStored) {

        private String words() {
            return source.words.formatted(checkpoint.size());
        }
    }

    /**
     * What is stored as the checkpoint of this size.
     *
     * @param anchor absent: it is none of that size
     */
    record Stored(long size, @Nullable Anchor anchor) {}

    /** Who has to have signed. */
    record Signers(@Nullable VerifierKey key, @Nullable VerifierKey stored) {

        /** Looks at the signature of what is stored, which takes the time. */
        Stored stored(long size, String text) {
            try {
                var note = SignedNote.parse(text);
                var checkpoint = Checkpoint.parse(note.text());
                if (checkpoint.size() == size) {
                    var signed = key != null && note.check(key) == SignedNote.Check.SIGNED;
                    var signedByStored = Objects.equals(key, stored)
                            ? signed
                            : stored != null && note.check(stored) == SignedNote.Check.SIGNED;
                    return new Stored(size, new Anchor(checkpoint, Source.STORED, signed, signedByStored));
                }
            } catch (IllegalArgumentException malformed) {
                // It is none.
            }
            return new Stored(size, null);
        }
    }

    private final class Run {

        private final List<SignedNote> given;
        private final Progress progress;
        private final @Nullable VerifierKey stored = keys.verifier().orElse(null);
        private final @Nullable VerifierKey key;
        private final Signers signers;
        private final List<Finding> findings = new ArrayList<>();
        private final List<Difference> differences = new ArrayList<>();
        /** Beside the stored ones. */
        private final TreeMap<Long, List<Anchor>> others = new TreeMap<>();

        private final Map<Long, Hash> storedSubtrees = new HashMap<>();
        private final List<Long> oddBlocks = new ArrayList<>();
        private final Frontier tree = new Frontier(this::compareSubtree);
        private boolean broken;
        private long proven;
        private @Nullable Anchor contradicting;
        private @Nullable Boolean leavesAreWrong;
        private int agreed;
        private int unsigned;
        private int agreedOutside;

        Run(@Nullable VerifierKey trusted, List<SignedNote> outside, Progress progress) {
            this.key = trusted == null ? stored : trusted;
            this.signers = new Signers(key, stored);
            this.given = outside;
            this.progress = progress;
        }

        Outcome verify() throws InterruptedException {
            if (key != null && !key.equals(stored)) {
                found(
                        Kind.KEY_REPLACED,
                        stored == null
                                ? "The database has no key of the record, and so not the given one, %s.".formatted(key)
                                : "The record's key in the database is %s, and not the given one, %s."
                                        .formatted(stored, key));
            }
            given.forEach(this::take);

            // In this order: meanwhile servers append and sign, and what they do is no finding.
            var last = last();
            long newest = Objects.requireNonNull(
                    jdbc.queryForObject("select coalesce(max(size), -1) from event.checkpoint", Long.class));
            var tail = jdbc.query(
                    "select index, global_index from event.leaf order by index desc limit 1",
                    row -> row.next()
                            ? new VerifiedStretch.Edge(row.getLong(1) + 1, row.getLong(2) + 1)
                            : new VerifiedStretch.Edge(0, 1));
            var end = Objects.requireNonNull(tail);
            if (last != null && last.size() > newest) {
                found(
                        Kind.CHECKPOINT_DELETED,
                        "The checkpoint of size %d, which was signed last, was deleted.".formatted(last.size()));
            }
            walk(end);
            explain();
            compareEnds(end, newest);
            long waiting = Objects.requireNonNull(jdbc.queryForObject(
                    "select count(*) from event.domain_event where global_index >= ?", Long.class, end.position()));
            findings.sort(
                    Comparator.comparingLong(finding -> finding.leaf() == null ? Long.MAX_VALUE : finding.leaf()));
            return new Outcome(
                    end.leaf(),
                    waiting,
                    proven,
                    agreed,
                    agreedOutside,
                    List.copyOf(findings.subList(0, Math.min(FINDINGS, findings.size()))));
        }

        /** What the database's key signed last; absent: nothing, or it is not known. */
        private @Nullable Checkpoint last() {
            try {
                var last = keys.last().orElse(null);
                if (last != null && Objects.equals(key, stored)) {
                    add(new Anchor(last, Source.SEALED, true, true));
                }
                return last;
            } catch (RecordAltered e) {
                found(Kind.KEY_REPLACED, String.valueOf(e.getMessage()));
                return null;
            }
        }

        private void add(Anchor anchor) {
            others.computeIfAbsent(anchor.checkpoint().size(), _ -> new ArrayList<>())
                    .add(anchor);
        }

        private void found(Kind kind, String sentence) {
            findings.add(new Finding(kind, null, null, null, sentence));
        }

        /** A checkpoint from outside. */
        private void take(SignedNote note) {
            Checkpoint checkpoint;
            try {
                checkpoint = Checkpoint.parse(note.text());
            } catch (IllegalArgumentException e) {
                found(Kind.CHECKPOINT_NOT_OURS, String.valueOf(e.getMessage()));
                return;
            }
            var signed = key == null ? SignedNote.Check.NOT_SIGNED : note.check(key);
            if (signed == SignedNote.Check.SIGNED
                    && checkpoint.origin().equals(Objects.requireNonNull(key).name())) {
                add(new Anchor(checkpoint, Source.OUTSIDE, true, true));
            } else if (signed == SignedNote.Check.FORGED) {
                found(
                        Kind.CHECKPOINT_NOT_OURS,
                        "The given checkpoint of size %d was altered: its signature is not one of its text."
                                .formatted(checkpoint.size()));
            } else {
                found(
                        Kind.CHECKPOINT_NOT_OURS,
                        "The given checkpoint of size %d, of %s, is not signed by this record's key, %s: it is another log's,"
                                        .formatted(checkpoint.size(), checkpoint.origin(), key)
                                + " or the key was replaced.");
            }
        }

        /** All stretches in their order, some of them read and hashed ahead. */
        private void walk(VerifiedStretch.Edge end) throws InterruptedException {
            ExecutorService workers = Executors.newFixedThreadPool(
                    threads,
                    Thread.ofPlatform().name("verification-", 0).daemon().factory());
            Deque<Future<VerifiedStretch>> ahead = new ArrayDeque<>();
            try {
                compareAnchors(0, newestStored(-1, 0).orElse(null));
                var from = new VerifiedStretch.Edge(0, Long.MIN_VALUE);
                while (from.leaf() < end.leaf() || !ahead.isEmpty()) {
                    while (from.leaf() < end.leaf() && ahead.size() <= threads) {
                        var start = from;
                        var to = edge(from.leaf() / stretch * stretch + stretch, end);
                        ahead.add(workers.submit(() -> VerifiedStretch.read(dataSource, start, to, signers)));
                        from = to;
                    }
                    fold(ahead.remove().get());
                    progress.verified(tree.size(), end.leaf());
                }
            } catch (ExecutionException e) {
                if (e.getCause() instanceof SQLException unreachable) {
                    throw new DataAccessResourceFailureException("The record cannot be read", unreachable);
                }
                throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e);
            } finally {
                workers.shutdownNow();
            }
        }

        /** At a leaf that there is, so that an event whose leaf is missing is not between two stretches. */
        private VerifiedStretch.Edge edge(long leaf, VerifiedStretch.Edge end) {
            return Objects.requireNonNull(jdbc.query(
                    "select index, global_index from event.leaf where index >= ? and index < ? order by index limit 1",
                    row -> row.next() ? new VerifiedStretch.Edge(row.getLong(1), row.getLong(2)) : end,
                    leaf,
                    end.leaf()));
        }

        private void fold(VerifiedStretch part) {
            findings.addAll(part.findings()
                    .subList(0, Math.min(FINDINGS, part.findings().size())));
            if (differences.size() < FINDINGS) {
                differences.addAll(part.differences());
            }
            if (broken) {
                return;
            }
            storedSubtrees.clear();
            storedSubtrees.putAll(part.subtrees());
            for (var hash : part.hashes()) {
                if (hash == null) {
                    // What follows has another place in the tree than it had.
                    broken = true;
                    return;
                }
                tree.append(hash);
                compareAnchors(tree.size(), part.checkpoints().get(tree.size()));
            }
        }

        private void addTo(List<Anchor> anchors, Stored stored) {
            if (stored.anchor() != null) {
                anchors.add(stored.anchor());
            } else {
                found(
                        Kind.CHECKPOINT_ALTERED,
                        "The stored checkpoint of size %d was altered: it is no checkpoint of that size."
                                .formatted(stored.size()));
            }
        }

        private void compareAnchors(long size, @Nullable Stored stored) {
            List<Anchor> all = new ArrayList<>();
            if (stored != null) {
                addTo(all, stored);
            }
            all.addAll(others.getOrDefault(size, List.of()));
            if (all.isEmpty()) {
                return;
            }
            var root = tree.root();
            for (var anchor : all) {
                if (!anchor.signed()) {
                    notSigned(anchor);
                } else if (anchor.checkpoint().root().equals(root)) {
                    agreed += anchor.source() == Source.SEALED ? 0 : 1;
                    agreedOutside += anchor.source() == Source.OUTSIDE ? 1 : 0;
                    if (contradicting == null) {
                        proven = size;
                    }
                } else if (contradicting == null) {
                    contradicting = anchor;
                }
            }
        }

        /** Nothing is proven by it, though its root may be the tree's: whoever alters an event can write it. */
        private void notSigned(Anchor anchor) {
            // That the database's key is another than the given one was said already.
            if (!anchor.signedByStored() && unsigned++ < FINDINGS) {
                found(
                        Kind.CHECKPOINT_ALTERED,
                        "The stored checkpoint of size %d was altered: the record's key has not signed it."
                                .formatted(anchor.checkpoint().size()));
            }
        }

        /** With what is stored of the tree, above its leaves. */
        private void compareSubtree(int level, long index, Hash root) {
            if (level == 0 || level % StoredTree.HEIGHT != 0) {
                return;
            }
            var known = level == StoredTree.HEIGHT
                    ? storedSubtrees.get(index)
                    : jdbc.query(
                            "select hash from event.subtree where level = ? and index = ?",
                            row -> row.next() ? Hash.of(row.getBytes(1)) : null,
                            level,
                            index);
            if (!root.equals(known)) {
                if (level == StoredTree.HEIGHT) {
                    oddBlocks.add(index);
                } else if (oddBlocks.isEmpty()) {
                    found(Kind.TREE_ALTERED, oddSubtree(index << level, level));
                }
            }
        }

        private static String oddSubtree(long leaf, int level) {
            return "The stored hash over the %d leaves from %d on is not theirs, or is missing."
                    .formatted(1L << level, leaf);
        }

        /** Which of the two was altered where an event and its leaf differ, and where both agree against a checkpoint. */
        private void explain() {
            var named = false;
            for (var difference : differences) {
                var finding = explain(difference);
                named |= finding.kind() != Kind.TREE_ALTERED;
                findings.add(finding);
            }
            named |= findings.stream()
                    .anyMatch(finding -> finding.leaf() != null && finding.kind() != Kind.TREE_ALTERED);
            if (contradicting != null && !named && differences.isEmpty()) {
                findings.add(rewritten(contradicting));
            } else if (contradicting == null) {
                oddBlocks.forEach(
                        block -> found(Kind.TREE_ALTERED, oddSubtree(block << StoredTree.HEIGHT, StoredTree.HEIGHT)));
                var suspect = unsigned == 0 || named ? null : suspect(proven, tree.size());
                if (suspect != null) {
                    findings.add(suspect.finding("its checkpoint is not signed"));
                }
            }
        }

        private Finding explain(Difference difference) {
            var entry = difference.stored();
            for (var other : differences) {
                if (other.leaf() != difference.leaf() && wasExchanged(difference, other)) {
                    return new Finding(
                            Kind.SWAPPED,
                            difference.leaf(),
                            entry.position(),
                            entry.eventId(),
                            "What stands at position %d, event %s, stood at position %d: it was exchanged."
                                    .formatted(
                                            entry.position(),
                                            entry.eventId(),
                                            other.stored().position()));
                }
            }
            if (difference.leaf() >= proven && leavesWereAltered()) {
                return new Finding(
                        Kind.TREE_ALTERED,
                        difference.leaf(),
                        entry.position(),
                        entry.eventId(),
                        "The stored hash of event %s at position %d was altered. The event itself is what was recorded."
                                .formatted(entry.eventId(), entry.position()));
            }
            return new Finding(
                    Kind.ALTERED,
                    difference.leaf(),
                    entry.position(),
                    entry.eventId(),
                    "Event %s at position %d was altered: it is not what leaf %d was made of."
                            .formatted(entry.eventId(), entry.position(), difference.leaf()));
        }

        private static boolean wasExchanged(Difference one, Difference other) {
            var here = one.stored();
            var there = other.stored();
            return there.at(here.position()).hash().equals(one.recorded())
                    || here.with(there.payload(), here.metadata()).hash().equals(one.recorded())
                    || here.with(there.payload(), there.metadata()).hash().equals(one.recorded());
        }

        /** Whether the signed root comes out with the events as they are stored, and so the leaves are wrong. */
        private boolean leavesWereAltered() {
            if (leavesAreWrong == null) {
                leavesAreWrong = contradicting != null && eventsGive(contradicting.checkpoint());
            }
            return leavesAreWrong;
        }

        private boolean eventsGive(Checkpoint checkpoint) {
            Map<Long, Hash> instead = new HashMap<>();
            differences.forEach(difference ->
                    instead.put(difference.leaf(), difference.stored().hash()));
            var corrected = new Frontier();
            jdbc.query(
                    connection -> {
                        var select = connection.prepareStatement(
                                "select index, hash from event.leaf where index < ? order by index");
                        select.setLong(1, checkpoint.size());
                        return select;
                    },
                    row -> {
                        var other = instead.get(row.getLong(1));
                        corrected.append(other == null ? Hash.of(row.getBytes(2)) : other);
                    });
            return corrected.root().equals(checkpoint.root());
        }

        /** Events and leaves agree with each other, and not with what was signed. */
        private Finding rewritten(Anchor anchor) {
            var from = proven;
            var to = anchor.checkpoint().size();
            for (var block : oddBlocks) {
                var first = block << StoredTree.HEIGHT;
                if (first + 256 > from && first < to) {
                    // Whoever did it left the hashes above as they were.
                    from = Math.max(from, first);
                    to = Math.min(to, first + 256);
                    break;
                }
            }
            var proof = anchor.words();
            var suspect = suspect(from, to);
            return suspect != null
                    ? suspect.finding(proof + " says so")
                    : new Finding(
                            Kind.REWRITTEN,
                            from,
                            null,
                            null,
                            "Among the leaves from %d to %d at least one event was altered together with its hash: %s says so."
                                    .formatted(from, to - 1, proof));
        }

        private record Suspect(Kind kind, long leaf, long position, String eventId) {
            Finding finding(String proof) {
                var sentence = kind == Kind.DELETED
                        ? "Event %s at position %d was deleted together with its hash: %s, and the audit trail still"
                                + " has it."
                        : "Event %s at position %d was altered together with its hash: %s, and the audit trail's copy"
                                + " of it differs.";
                return new Finding(kind, leaf, position, eventId, sentence.formatted(eventId, position, proof));
            }
        }

        /** Where the audit trail still shows what was there. It is no proof, but it names the event. */
        private @Nullable Suspect suspect(long from, long to) {
            var lost = lost(from, to);
            return lost != null ? lost : altered(from, to);
        }

        /** What the audit trail has and the log has not; the leaf is the one that stands in its place. */
        private @Nullable Suspect lost(long from, long to) {
            return jdbc
                    .query(
                            """
                            select (select count(*) from event.leaf l where l.global_index < a.position),
                                a.position, a.event_id
                            from projection.audit_entry a
                            where a.position > coalesce((select global_index from event.leaf where index = ?), 0)
                                and a.position <= coalesce((select global_index from event.leaf where index = ?),
                                    9223372036854775807)
                                and not exists (select from event.domain_event e where e.global_index = a.position)
                            order by a.position limit 1
                            """,
                            (row, _) -> new Suspect(Kind.DELETED, row.getLong(1), row.getLong(2), row.getString(3)),
                            from - 1,
                            to - 1)
                    .stream()
                    .findFirst()
                    .orElse(null);
        }

        private @Nullable Suspect altered(long from, long to) {
            return jdbc
                    .query(
                            """
                            select l.index, e.global_index, e.event_identifier
                            from event.leaf l
                            join event.domain_event e on e.global_index = l.global_index
                            left join projection.audit_entry a on a.position = l.global_index
                            where l.index >= ? and l.index < ? and (a.position is null or a.event_id <> e.event_identifier
                                or a.type <> e.payload_type or a.occurred_at <> e.occurred_at
                                or (a.revision = e.payload_revision and a.payload <> e.payload))
                                and l.global_index <= (select max(position) from projection.audit_entry)
                            order by l.index limit 1
                            """,
                            (row, _) -> new Suspect(Kind.REWRITTEN, row.getLong(1), row.getLong(2), row.getString(3)),
                            from,
                            to)
                    .stream()
                    .findFirst()
                    .orElse(null);
        }

        private Optional<Stored> newestStored(long after, long upTo) {
            return jdbc
                    .query(
                            "select size, note from event.checkpoint where size > ? and size <= ?"
                                    + " order by size desc limit 1",
                            (row, _) -> signers.stored(row.getLong(1), row.getString(2)),
                            after,
                            upTo)
                    .stream()
                    .findFirst();
        }

        /** With checkpoints of bigger trees than there was, up to the newest one that there was before. */
        private void compareEnds(VerifiedStretch.Edge end, long newest) {
            List<Anchor> bigger = new ArrayList<>();
            var stored = newestStored(end.leaf(), newest);
            while (stored.isPresent()) {
                addTo(bigger, stored.get());
                stored = !bigger.isEmpty() && bigger.getLast().signed()
                        ? Optional.empty()
                        : newestStored(end.leaf(), stored.get().size() - 1);
            }
            bigger.stream().filter(anchor -> !anchor.signed()).forEach(this::notSigned);
            bigger.removeIf(anchor -> !anchor.signed());
            others.tailMap(end.leaf(), false).values().forEach(bigger::addAll);
            biggest(bigger, true).ifPresent(last -> findings.add(ended(Kind.TRUNCATED, end, last)));
            biggest(bigger, false).ifPresent(last -> findings.add(ended(Kind.OLDER_STATE, end, last)));
        }

        /** @param own or else from outside */
        private static Optional<Anchor> biggest(List<Anchor> anchors, boolean own) {
            return anchors.stream()
                    .filter(anchor -> own == (anchor.source() != Source.OUTSIDE))
                    .max(Comparator.comparingLong(anchor -> anchor.checkpoint().size()));
        }

        private Finding ended(Kind kind, VerifiedStretch.Edge end, Anchor anchor) {
            var missing = anchor.checkpoint().size() - end.leaf();
            return new Finding(
                    kind,
                    end.leaf(),
                    null,
                    null,
                    "The record ends after %d events, at position %d, and %s says %d: %sthe last %d were removed."
                            .formatted(
                                    end.leaf(),
                                    Math.max(0, end.position() - 1),
                                    switch (anchor.source()) {
                                        case STORED -> "its own checkpoint";
                                        case OUTSIDE -> "a checkpoint that was kept outside";
                                        case SEALED -> "what was signed last";
                                    },
                                    anchor.checkpoint().size(),
                                    kind == Kind.TRUNCATED ? "" : "this is an older state, or ",
                                    missing));
        }
    }
}
