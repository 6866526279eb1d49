package io.keyledger.command.webhook;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.webhook.WebhookDetails;
import io.keyledger.command.Commands;
import io.keyledger.command.IfMatch;
import io.keyledger.command.MergePatch;
import io.keyledger.command.Receipt;
import io.keyledger.command.webhook.WebhookChanges.NewWebhook;
import io.keyledger.command.webhook.WebhookChanges.WebhookPatch;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.net.URI;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Webhooks, for administrators. Reads are never behind. */
@RestController
@ForRole(ForRole.Role.COMMAND)
@Tag(name = "Webhooks")
class WebhookEndpoints {

    private final WebhookChanges changes;
    private final Commands commands;
    private final JsonMapper json;

    WebhookEndpoints(WebhookChanges changes, Commands commands, JsonMapper json) {
        this.changes = changes;
        this.commands = commands;
        this.json = json;
    }

    /** @param secret shown this once */
    record CreatedWebhook(@JsonUnwrapped WebhookDetails webhook, String secret) {

        @Override
        public String toString() {
            return "CreatedWebhook[***]";
        }
    }

    /** All webhooks. */
    record WebhookList(List<WebhookDetails> items) {}

    /** Creates a webhook. Its secret is in this answer and nowhere else, ever. */
    @PostMapping("/api/webhooks")
    @Operation(summary = "Create a webhook (administrators)")
    @ApiResponse(responseCode = "201", description = "The webhook, and once its secret")
    ResponseEntity<CreatedWebhook> create(@Parameter(hidden = true) Caller caller, @RequestBody NewWebhook body) {
        var created = changes.create(caller, body);
        return ResponseEntity.created(
                        URI.create("/api/webhooks/" + created.webhook().id()))
                .headers(created.receipt().headers())
                .eTag(IfMatch.tag(created.webhook().version()))
                .body(new CreatedWebhook(created.webhook(), created.secret()));
    }

    /** All webhooks and how they do, the oldest first. */
    @GetMapping("/api/webhooks")
    @Operation(summary = "List webhooks (administrators)")
    @ApiResponse(responseCode = "200", description = "All webhooks")
    ResponseEntity<WebhookList> list(
            @Parameter(hidden = true) Caller caller,
            @RequestHeader(name = Receipt.HEADER, required = false) @Nullable String position) {
        var all = changes.all(caller);
        checkPosition(position);
        return ResponseEntity.ok(new WebhookList(all));
    }

    /** A webhook and how it does: what is waiting, what arrived last, and what failed. */
    @GetMapping("/api/webhooks/{webhookId}")
    @Operation(summary = "Show a webhook (administrators)")
    @ApiResponse(responseCode = "200", description = "The webhook")
    ResponseEntity<WebhookDetails> get(
            @Parameter(hidden = true) Caller caller,
            @PathVariable String webhookId,
            @RequestHeader(name = Receipt.HEADER, required = false) @Nullable String position) {
        var webhook = changes.get(caller, webhookId);
        checkPosition(position);
        return ResponseEntity.ok().eTag(IfMatch.tag(webhook.version())).body(webhook);
    }

    /** Changes what is given and leaves the rest: all of it or, when one part is refused, nothing. */
    @PatchMapping(
            path = "/api/webhooks/{webhookId}",
            consumes = {MediaType.APPLICATION_JSON_VALUE, MergePatch.MEDIA_TYPE})
    @Operation(summary = "Change a webhook's URL or types, disable or enable it (administrators)")
    @ApiResponse(responseCode = "200", description = "The webhook")
    @io.swagger.v3.oas.annotations.parameters.RequestBody(
            content = @Content(schema = @Schema(implementation = WebhookPatch.class)))
    @Parameter(ref = "#/components/parameters/If-Match")
    ResponseEntity<WebhookDetails> change(
            @Parameter(hidden = true) Caller caller,
            @PathVariable String webhookId,
            @RequestBody ObjectNode body,
            @Parameter(hidden = true) @RequestHeader HttpHeaders headers) {
        caller.requireAdministrator();
        var version = IfMatch.parse(headers);
        var allTypes = body.path("types").isNull();
        var patch = json.treeToValue(MergePatch.withoutNulls(body), WebhookPatch.class);
        var receipt = changes.change(
                caller,
                webhookId,
                version,
                allTypes ? new WebhookPatch(patch.url(), Set.of(), patch.enabled()) : patch);
        var webhook = changes.get(caller, webhookId);
        return ResponseEntity.ok()
                .headers(receipt.headers())
                .eTag(IfMatch.tag(webhook.version()))
                .body(webhook);
    }

    /** Deletes a webhook, with its secret and what waits for it. */
    @DeleteMapping("/api/webhooks/{webhookId}")
    @Operation(summary = "Delete a webhook (administrators)")
    @ApiResponse(responseCode = "204", description = "Deleted")
    @Parameter(ref = "#/components/parameters/If-Match")
    ResponseEntity<Void> delete(
            @Parameter(hidden = true) Caller caller,
            @PathVariable String webhookId,
            @Parameter(hidden = true) @RequestHeader HttpHeaders headers) {
        var receipt = changes.delete(caller, webhookId, IfMatch.parse(headers));
        return ResponseEntity.noContent().headers(receipt.headers()).build();
    }

    /** Sends a message of the type {@code io.keyledger.webhook.test}; show the webhook to see whether it arrived. */
    @PostMapping("/api/webhooks/{webhookId}/test")
    @Operation(summary = "Send a webhook a message that means nothing (administrators)")
    @ApiResponse(responseCode = "202", description = "It is on its way")
    ResponseEntity<Void> test(@Parameter(hidden = true) Caller caller, @PathVariable String webhookId) {
        return ResponseEntity.accepted()
                .headers(changes.test(caller, webhookId).headers())
                .build();
    }

    /** What is read here is never behind; only a position that nobody was given is refused. */
    private void checkPosition(@Nullable String text) {
        if (text == null) {
            return;
        }
        try {
            var position = Long.parseLong(text.strip());
            if (position >= 0 && position <= commands.head()) {
                return;
            }
        } catch (NumberFormatException e) {
            // Refused below.
        }
        throw new Refusal.Malformed(
                "invalid_position", "%s is the number that a change answered with.".formatted(Receipt.HEADER));
    }
}
