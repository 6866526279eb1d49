package io.keyledger.command.token;

import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.AnnounceTokenExpiry;
import io.keyledger.api.token.ExpiryNotice;
import io.keyledger.api.token.FindExpiryNotices;
import io.keyledger.command.Commands;
import io.keyledger.command.account.AccountMail;
import io.keyledger.command.account.AccountMail.Letter;
import io.keyledger.command.account.AccountMail.Topic;
import java.sql.SQLException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.axonframework.messaging.responsetypes.ResponseTypes;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells owners that a token ends, 7 days and 1 day before: in the trail, and by mail where that is configured. Each
 * notice is recorded first and mailed afterwards: a server that is killed between the two, or an SMTP server that does
 * not answer, loses a mail, and nobody ever gets one twice.
 */
public final class ExpiryAnnouncer {

    private static final Logger LOG = LoggerFactory.getLogger(ExpiryAnnouncer.class);

    /** Of one run: as many mails, or a few more, must find room among those that wait. */
    private static final int AT_ONCE = 100;

    private static final long LOCK = 7_266_003L;

    /** The same in every language. */
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Commands commands;
    private final QueryGateway queries;
    private final DataSource locks;
    private final AccountMail mail;
    private final @Nullable String publicUrl;

    /** @param publicUrl where people reach the pages; absent: mails lead to no page of them */
    public ExpiryAnnouncer(
            Commands commands, QueryGateway queries, DataSource locks, AccountMail mail, @Nullable String publicUrl) {
        this.commands = commands;
        this.queries = queries;
        this.locks = locks;
        this.mail = mail;
        this.publicUrl = publicUrl;
    }

    /** Announces what is to be announced now, unless another node is at it. */
    public void announce() throws SQLException {
        OneNodeAtATime.run(locks, LOCK, this::announceAll);
    }

    private void announceAll() {
        var caller = Caller.system(UUID.randomUUID().toString().replace("-", ""));
        for (var notice : queries.query(
                        new FindExpiryNotices(AT_ONCE), ResponseTypes.multipleInstancesOf(ExpiryNotice.class))
                .join()) {
            try {
                commands.send(
                        caller,
                        new AnnounceTokenExpiry(
                                notice.tokenId(), notice.accountId(), notice.expiresAt(), notice.daysLeft()));
                for (var email : notice.emails()) {
                    mail.send(caller.origin(), () -> Optional.of(letter(notice, email)));
                }
            } catch (Refusal.Conflict e) {
                LOG.debug("The end of {} was changed, or announced, meanwhile", notice.tokenId());
            } catch (RuntimeException e) {
                // It is found again next time; those behind it must not wait for it.
                LOG.warn("The end of {} could not be announced", notice.tokenId(), e);
            }
        }
    }

    private Letter letter(ExpiryNotice notice, String email) {
        return new Letter(
                Topic.TOKEN_ENDS,
                email,
                notice.ofPerson() && publicUrl != null
                        ? publicUrl.replaceFirst("/+$", "") + "/settings/tokens/" + notice.tokenId()
                        : null,
                List.of(notice.name(), notice.hint(), TIME.format(notice.expiresAt())));
    }
}
