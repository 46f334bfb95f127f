-- The tables of the chat platform as Lockkeeper needs them. Times are RFC 3339 in UTC with
-- milliseconds, so that their order is that of their text; JSON is text.
CREATE TABLE "ChatSession" (
    "id" TEXT PRIMARY KEY NOT NULL,
    "createdAt" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    "updatedAt" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    "userId" TEXT,
    "title" TEXT,
    "credentials" TEXT NOT NULL DEFAULT '{}',
    "successfulAgentRuns" TEXT NOT NULL DEFAULT '{}',
    "successfulAgentSchedules" TEXT NOT NULL DEFAULT '{}',
    "totalPromptTokens" INTEGER NOT NULL DEFAULT 0,
    "totalCompletionTokens" INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX "ChatSession_userId_updatedAt_idx" ON "ChatSession" ("userId", "updatedAt");

CREATE TABLE "ChatMessage" (
    "id" TEXT PRIMARY KEY NOT NULL,
    "createdAt" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    "sessionId" TEXT NOT NULL REFERENCES "ChatSession" ("id") ON DELETE CASCADE,
    "role" TEXT NOT NULL,
    "content" TEXT,
    "name" TEXT,
    "toolCallId" TEXT,
    "refusal" TEXT,
    "toolCalls" TEXT,
    "functionCall" TEXT,
    "sequence" INTEGER NOT NULL,
    UNIQUE ("sessionId", "sequence")
);
