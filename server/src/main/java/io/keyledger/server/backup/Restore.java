package io.keyledger.server.backup;

import io.keyledger.api.account.AccountRegistered;
import io.keyledger.api.account.PasswordChanged;
import io.keyledger.api.account.PasswordReset;
import io.keyledger.api.account.PersonalDataErased;
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.ServiceAccountRegistered;
import io.keyledger.api.webhook.WebhookChanged;
import io.keyledger.api.webhook.WebhookCreated;
import io.keyledger.api.webhook.WebhookDeleted;
import io.keyledger.api.webhook.WebhookDisabled;
import io.keyledger.api.webhook.WebhookDisabled.Reason;
import io.keyledger.api.webhook.WebhookEnabled;
import io.keyledger.api.webhook.WebhookEvent;
import io.keyledger.command.account.PersonalTraces;
import io.keyledger.command.webhook.Webhooks;
import io.keyledger.query.record.Checkpoint;
import io.keyledger.query.record.ExportVerification;
import io.keyledger.query.record.Frontier;
import io.keyledger.query.record.LeafEntry;
import io.keyledger.query.record.ReadableEvents.Comparison;
import io.keyledger.query.record.RecordKeys;
import io.keyledger.query.record.RestoreMark;
import io.keyledger.query.record.SignedNote;
import io.keyledger.query.record.StoredEvents;
import io.keyledger.query.record.VerifierKey;
import io.keyledger.server.database.AcknowledgedCommits;
import io.keyledger.server.eventstore.EventSerializer;
import io.keyledger.server.projections.Rebuilds;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import javax.sql.DataSource;
import org.axonframework.serialization.SimpleSerializedObject;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Brings a database that was restored from a backup to where the log had come since. From {@link #mark} on nobody is
 * authenticated, on any node, until {@link #open}: the backup knows nothing of later revocations and erasures.
 */
public final class Restore {

    private final JdbcClient jdbc;
    private final RestoreMark mark;
    private final DataSource owner;
    private final TransactionTemplate transaction;
    private final PersonalDataKeys keys;
    private final RecordKeys recordKeys;
    private final PersonalTraces traces;
    private final Webhooks webhooks;
    private final EventSerializer serializer;

    /**
     * @param owner connects as the role that owns the tables: positions that were given out are not given out again
     * @param keys over the same connections
     * @param recordKeys over the same connections
     * @param webhooks over the same connections
     */
    public Restore(
            DataSource owner,
            PersonalDataKeys keys,
            RecordKeys recordKeys,
            Webhooks webhooks,
            EventSerializer serializer) {
        this.owner = owner;
        this.keys = keys;
        this.recordKeys = recordKeys;
        this.webhooks = webhooks;
        this.serializer = serializer;
        jdbc = JdbcClient.create(owner);
        mark = new RestoreMark(jdbc);
        transaction = new TransactionTemplate(new AcknowledgedCommits(owner));
        traces = new PersonalTraces(jdbc);
    }

    /**
     * Looks at how an export or archive begins, and changes nothing: a database that is in use must not be closed for what
     * could never be applied to it.
     *
     * @throws ArchiveProblem when it is none, or not for this database
     */
    public static void look(InputStream export, @Nullable State state) throws IOException {
        requireUsable(ExportVerification.look(export));
        if (state != null) {
            StateFile.look(state.rows(), state.header());
        }
    }

    private static void requireUsable(ExportVerification.@Nullable Finding finding) {
        if (finding != null) {
            throw new ArchiveProblem("The export can't be used. " + finding.text()
                    + " Nothing was changed: take another copy, or one that was made later.");
        }
    }

    /**
     * Authenticates nobody and takes no events from now on, and ends every session, and every link that sets a password: it
     * may have been used since, or withdrawn. Over is also the time of the servers that kept the projections when the backup
     * was made, or were rebuilding one.
     */
    public void mark() {
        transaction.executeWithoutResult(_ -> {
            // What is being appended is waited for; who waits meanwhile finds the mark.
            jdbc.sql("lock table event.domain_event in share mode").update();
            mark.set();
        });
        Rebuilds.endUnfinished(jdbc, transaction);
        transaction.executeWithoutResult(_ -> {
            jdbc.sql("delete from state.spring_session").update();
            jdbc.sql("delete from state.reset_link").update();
            jdbc.sql("update state.token_entry set owner = null").update();
        });
    }

    public boolean isMarked() {
        return mark.isSet();
    }

    /** Authenticates again. */
    public void open() {
        mark.remove();
    }

    /**
     * Removes every password: the one of somebody who was disabled or whose password was changed since the backup is good
     * there.
     *
     * @return how many there were
     */
    public long removePasswords() {
        return jdbc.sql("delete from state.credential").update();
    }

    /**
     * The log goes on under another name and key: what follows is another history than the one that published checkpoints
     * are of.
     */
    public void renameLog() {
        transaction.executeWithoutResult(_ -> {
            jdbc.sql("insert into event.former_checkpoint (size, note, created_at)"
                            + " select size, note, created_at from event.checkpoint")
                    .update();
            // The one place where a row of the record goes from its table, as its owner, to another that is
            // append-only, too.
            jdbc.sql("alter table event.checkpoint disable trigger refuse_update_or_delete")
                    .update();
            jdbc.sql("delete from event.checkpoint").update();
            jdbc.sql("alter table event.checkpoint enable trigger refuse_update_or_delete")
                    .update();
            jdbc.sql("delete from state.log_key").update();
            jdbc.sql("delete from state.checkpoint_place").update();
        });
    }

    /**
     * What was applied.
     *
     * @param events how many the log lacked
     * @param erased of how many people the data was erased again
     * @param passwords how many passwords were changed since the backup and are not in the archive: their accounts have
     *     none until a link sets one
     * @param webhooks how many were made or changed since the backup, and their addresses are not in the archive: those are
     *     not there, or disabled
     * @param checkpoint that the log now agrees with
     */
    public record Applied(long events, long erased, long passwords, long webhooks, Checkpoint checkpoint) {}

    /**
     * Appends what the log lacks of an export, and repeats what does not follow from events alone. All or nothing.
     *
     * @param export as {@code keyledger audit export} or {@code events export} writes it
     * @param state the other half of an archive; absent: there is only an export
     * @param key that has to have signed the export; absent: signatures are not looked at
     * @param outside a checkpoint that was kept elsewhere, which the log has to reach; absent: none was
     * @param progress is told how many bytes of the export were read, and as many again while the log is compared with it
     * @throws ArchiveProblem when it cannot be used, or does not reach what the log had come to
     */
    public Applied apply(
            InputStream export,
            @Nullable State state,
            @Nullable VerifierKey key,
            @Nullable SignedNote outside,
            LongConsumer progress) {
        return Objects.requireNonNull(transaction.execute(_ -> {
            try {
                return applyInTransaction(export, state, key, outside, progress);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }));
    }

    /** The rows that stand beside the log. */
    public record State(BufferedReader rows, String schema, String masterKeyFingerprint) {

        private StateFile.Header header() {
            return new StateFile.Header(schema, masterKeyFingerprint);
        }

        @Override
        public String toString() {
            return "State[***]";
        }
    }

    private Applied applyInTransaction(
            InputStream export,
            @Nullable State state,
            @Nullable VerifierKey key,
            @Nullable SignedNote outside,
            LongConsumer progress)
            throws IOException {
        mark.letAppend();
        var counts = new Counts();
        var missing = new MissingEvents(owner, entry -> repeat(entry, counts, state == null));
        var read = new AtomicLong();
        var result = ExportVerification.verify(
                export,
                // Called for each event in its turn. What people read of it is not what is restored.
                (entry, _) -> {
                    missing.add(entry);
                    return new Comparison.Same();
                },
                key,
                outside == null ? List.of() : List.of(outside),
                bytes -> {
                    read.set(bytes);
                    progress.accept(bytes);
                });
        requireUsable(result.finding());
        var events = missing.finish();
        var checkpoint = Objects.requireNonNull(result.checkpoint());
        requireSame(checkpoint, same -> progress.accept(read.get() + read.get() * same / checkpoint.size()));
        if (state != null) {
            StateFile.read(state.rows(), state.header(), new StateTables(owner), _ -> progress.accept(2 * read.get()));
            // It was written after the log, and a server may have signed more between.
            recordKeys.forgetLast();
        }
        return new Applied(events, counts.erased, counts.passwords, counts.webhooks.size(), checkpoint);
    }

    private static final class Counts {
        private long erased;
        private long passwords;
        private final Set<String> webhooks = new HashSet<>();
    }

    /** What happened beside the log when the event was appended first. */
    private void repeat(LeafEntry entry, Counts counts, boolean exportAlone) {
        var event = serializer.deserialize(new SimpleSerializedObject<>(
                entry.payload(), byte[].class, entry.payloadType(), entry.payloadRevision()));
        switch (event) {
            case PersonalDataErased erased -> {
                traces.forget(erased.accountId());
                keys.destroy(erased.accountId());
                counts.erased++;
            }
            case PasswordChanged changed when exportAlone -> withoutPassword(changed.accountId(), counts);
            case PasswordReset reset when exportAlone -> withoutPassword(reset.accountId(), counts);
            case AccountRegistered registered when exportAlone -> withoutKey(registered.accountId());
            case ServiceAccountRegistered registered when exportAlone -> withoutKey(registered.accountId());
            case WebhookEvent webhook when exportAlone -> repeat(webhook, entry.sequenceNumber(), counts.webhooks);
            default -> {}
        }
    }

    /**
     * The row of a webhook is no projection: no event has its address. One that was changed may have left the address that
     * the backup has, where nothing is to be sent any more.
     *
     * @param addressUnknown the webhooks that were made or changed
     */
    private void repeat(WebhookEvent event, long version, Set<String> addressUnknown) {
        var id = event.webhookId();
        switch (event) {
            case WebhookCreated _ -> addressUnknown.add(id);
            case WebhookChanged changed -> {
                addressUnknown.add(id);
                webhooks.setTypes(id, changed.types());
                webhooks.disable(id, Reason.REQUESTED);
            }
            case WebhookDisabled disabled -> webhooks.disable(id, disabled.reason());
            case WebhookEnabled _ -> {
                if (!addressUnknown.contains(id)) {
                    webhooks.enable(id);
                }
            }
            case WebhookDeleted _ -> {
                addressUnknown.remove(id);
                webhooks.remove(id);
            }
        }
        webhooks.setVersion(id, version);
    }

    /** The one in the backup may be the very one that somebody had found out. */
    private void withoutPassword(String accountId, Counts counts) {
        jdbc.sql("delete from state.credential where account_id = ?")
                .param(accountId)
                .update();
        counts.passwords++;
    }

    /** Its key was made after the backup and is nowhere, so its personal texts are as erased ones are. */
    private void withoutKey(String accountId) {
        jdbc.sql("insert into state.data_key (account_id, wrapped) values (?, null) on conflict do nothing")
                .param(accountId)
                .update();
    }

    /**
     * The log begins with what the checkpoint is of, event by event.
     *
     * @param progress is told how many events were compared
     */
    private void requireSame(Checkpoint checkpoint, LongConsumer progress) {
        var log = new Frontier();
        var events = new AtomicLong();
        var streaming = new JdbcTemplate(owner);
        streaming.setFetchSize(1_000);
        streaming.query("select " + StoredEvents.COLUMNS + " from event.domain_event order by global_index", row -> {
            events.incrementAndGet();
            if (log.size() < checkpoint.size()) {
                log.append(StoredEvents.entry(row).hash());
                progress.accept(log.size());
            }
        });
        if (log.size() < checkpoint.size()) {
            throw new ArchiveProblem(
                    "The export leaves out events that the database lacks: with it the log has %d events, its checkpoint %d. Use an export without filters, that begins before the backup."
                            .formatted(log.size(), checkpoint.size()));
        }
        if (checkpoint.size() > 0 && !checkpoint.root().equals(log.root())) {
            throw new ArchiveProblem(
                    "The log is not the one that the export is of, although no event differs: the database has events"
                            + " that the export lacks. Restore the backup again, and run this before any server.");
        }
        if (events.get() > checkpoint.size()) {
            throw new ArchiveProblem(
                    "The export is older than the backup: it ends after %d events, and the database has %d. Use one that was made later."
                            .formatted(checkpoint.size(), events.get()));
        }
    }
}
