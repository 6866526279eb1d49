package io.keyledger.command;

import tools.jackson.databind.node.ObjectNode;

/** JSON Merge Patch (RFC 7396): what is absent stays as it is, what is null is removed. */
public final class MergePatch {

    public static final String MEDIA_TYPE = "application/merge-patch+json";

    private MergePatch() {}

    /** For things that cannot be removed: a null is taken for what it can only mean, nothing to change. */
    public static ObjectNode withoutNulls(ObjectNode patch) {
        patch.removeIf(value -> value.isNull());
        return patch;
    }
}
