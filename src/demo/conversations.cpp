// SPDX-License-Identifier: GPL-3.0-or-later
#include "demo/conversations.h"

#include <array>

namespace lockkeeper::demo {

namespace {

using enum Line::Kind;

constexpr std::array kSalesDigest{
    Line{User,
         "Every Monday I copy the sales figures for {city} into a mail by hand. Can an agent do "
         "that?"},
    Line{Assistant, "Yes. I would read the spreadsheet, compare it with the week before and mail a "
                    "short digest. Let me see whether there is an agent for that already."},
    Line{ToolCall, R"({"query": "weekly sales digest"})", "find_agent"},
    Line{ToolResult, R"({"agents": [{"name": "Weekly digest", "runs": {number}}], "total": 1})",
         "find_agent"},
    Line{Assistant,
         "There is “Weekly digest”. It needs the spreadsheet's address and the people who "
         "should get the mail. Shall I set it up for {city}?"},
    Line{User, "Please do. Send it to {person} and me, Mondays at seven."},
    Line{ToolCall, R"({"agent": "Weekly digest", "cron": "0 7 * * 1"})", "schedule_agent"},
    Line{ToolResult, R"({"scheduled": true, "next_run": "{day} 07:00"})", "schedule_agent"},
    Line{Assistant, "Done: the digest runs every Monday at 07:00 and goes to you and {person}. The "
                    "first one comes on {day}."},
};

constexpr std::array kFailedRun{
    Line{User, "The nightly import did not finish. What happened?"},
    Line{ToolCall, R"({"agent": "Nightly import", "limit": 3})", "list_runs"},
    Line{ToolResult,
         R"({"runs": [{"id": {number}, "status": "failed", "step": "fetch", "error": "timeout"}]})",
         "list_runs"},
    Line{Assistant,
         "Run {number} stopped in its first step: the address of the {product} export did "
         "not answer within 30 seconds. Nothing was imported, so it is safe to repeat."},
    Line{User, "Then run it again, with more patience."},
    Line{ToolCall, R"({"agent": "Nightly import", "inputs": {"timeout_s": 120}})", "run_agent"},
    Line{ToolResult, R"({"run": {"status": "completed", "rows": {number}}})", "run_agent"},
    Line{Assistant,
         "It went through this time: {number} rows in 74 seconds. I left the time limit at "
         "120 seconds for the nights to come."},
};

constexpr std::array kTickets{
    Line{User, "Summarise what customers wrote about {product} this week."},
    Line{ToolCall, R"({"source": "support", "tag": "{product}", "days": 7})", "search_tickets"},
    Line{ToolResult,
         R"({"tickets": {number}, "top": ["login loop", "slow export", "invoice PDF"]})",
         "search_tickets"},
    Line{Assistant,
         "{number} tickets. Three things stand out: people are asked to log in twice, the "
         "export takes minutes for large folders, and invoices arrive without the tax "
         "number. The tone is patient, except for the login."},
    Line{User, "Which of these is new?"},
    Line{Assistant,
         "The double login. It was first mentioned on {day}; the other two were there last "
         "week as well."},
};

constexpr std::array kWorkshop{
    Line{User, "Help me plan a one-day workshop in {city} for {number} people."},
    Line{Assistant, "Gladly. What should they be able to do when they leave, and how much do they "
                    "know already?"},
    Line{User, "They have used {product} for a year. They should build their own agents."},
    Line{Assistant,
         "Then I suggest: an hour on how agents are put together, two rounds of building "
         "in pairs, lunch, and an afternoon in which each pair connects its agent to real "
         "data. Keep the last half hour for showing the results."},
    Line{User, "Good. Write the invitation, friendly but short."},
    Line{Assistant,
         "“Dear all, on {day} we meet in {city} to build something of our own. Bring a "
         "laptop and one task that bores you: in the evening an agent will do it. Coffee "
         "from nine, we begin at half past. {person}”"},
};

constexpr std::array kInvoices{
    Line{User, "Which invoices are overdue by more than 14 days?"},
    Line{ToolCall, R"({"status": "open", "overdue_days": 14})", "query_invoices"},
    Line{ToolResult, R"({"count": 3, "sum": "{number}.40", "currency": "EUR"})", "query_invoices"},
    Line{Assistant,
         "Three, together {number}.40 EUR. The oldest one is {person}'s, from early last "
         "month."},
    Line{User, "Draft reminders, but be kind to {person}, we have worked together for years."},
    Line{Assistant,
         "I have put three drafts into your outbox. The one to {person} asks whether the "
         "invoice was lost on the way, and offers to send it again."},
};

constexpr std::array kChurn{
    Line{User,
         "I need SQL for monthly churn. Table subscriptions, columns started_on and ended_on."},
    Line{Assistant,
         "For each month: those that ended in it, divided by those that were active when "
         "it began.\n\n```sql\nselect m.month,\n       count(*) filter (where s.ended_on "
         "< m.month + interval '1 month')::numeric / nullif(count(*), 0) as churn\nfrom "
         "months m\njoin subscriptions s on s.started_on < m.month\n  and (s.ended_on is "
         "null or s.ended_on >= m.month)\ngroup by 1 order by 1;\n```"},
    Line{User, "What does nullif do there?"},
    Line{Assistant,
         "A month without any active subscription would divide by zero. nullif turns that "
         "zero into null, and the result is null instead of an error."},
    Line{User, "And split by plan?"},
    Line{Assistant,
         "Add s.plan to the select list and to the grouping. Mind small plans: with fewer "
         "than {number} customers the rate jumps from month to month."},
};

constexpr std::array kOnboarding{
    Line{User, "{person} starts on {day}. Make a checklist for the first week."},
    Line{ToolCall, R"({"template": "onboarding"})", "search_docs"},
    Line{ToolResult, R"({"documents": [{"title": "First week", "sections": 5}]})", "search_docs"},
    Line{Assistant,
         "From your own template: accounts and laptop on the first day, a walk through "
         "{product} on the second, two customer calls to listen to, and a small task that "
         "goes live on Friday. I added a lunch with the team in {city}."},
    Line{User, "Who looks after the accounts?"},
    Line{Assistant, "The template says IT, with three days' notice. I can send the request now."},
    Line{User, "Yes please."},
    Line{ToolCall, R"({"team": "IT", "subject": "Accounts for {person}"})", "create_ticket"},
    Line{ToolResult, R"({"ticket": {number}, "status": "open"})", "create_ticket"},
    Line{Assistant, "Ticket {number} is open. I will remind you if it is not closed by {day}."},
};

constexpr std::array kTranslation{
    Line{User, "Translate the quick start of {product} into plain German. Keep it short."},
    Line{Assistant,
         "„Melden Sie sich an, wählen Sie eine Vorlage und drücken Sie auf Start. Was der "
         "Agent gerade tut, sehen Sie rechts. Anhalten können Sie ihn jederzeit.“"},
    Line{User, "And French?"},
    Line{Assistant,
         "« Connectez-vous, choisissez un modèle, puis appuyez sur Démarrer. À droite, vous "
         "voyez ce que fait l'agent. Vous pouvez l'arrêter à tout moment. »"},
    Line{User, "Nice. Is “modèle” what our users say?"},
    Line{Assistant, "In the {number} French tickets that I can see, yes; “gabarit” comes up twice, "
                    "both times from Québec."},
};

constexpr std::array kReleaseWatch{
    Line{User, "Tell me when {product} has a new release, but only if something breaks."},
    Line{Assistant,
         "I can read the release notes every morning and write to you when they speak of "
         "removed or changed behaviour. Shall I begin with the release you use now?"},
    Line{User, "Yes, from {number} on."},
    Line{ToolCall, R"({"feed": "{product}", "since": "{number}", "only": "breaking"})",
         "create_agent"},
    Line{ToolResult, R"({"agent": "Release watch", "created": true})", "create_agent"},
    Line{Assistant, "“Release watch” is set up. It has read the notes up to today; nothing so far "
                    "that would break your flows."},
};

constexpr std::array kMeetingNotes{
    Line{User, "Turn these notes into decisions and tasks: budget ok, {city} trip moved to {day}, "
               "{person} asks {product} for a quote, logo stays."},
    Line{Assistant,
         "Decisions: the budget is approved; the logo stays as it is. Tasks: {person} gets "
         "a quote from {product}; the trip to {city} is moved to {day}, someone has to "
         "change the bookings."},
    Line{User, "I change the bookings. Mail it to everybody."},
    Line{ToolCall, R"({"to": "team", "subject": "Decisions and tasks"})", "send_mail"},
    Line{ToolResult, R"({"sent": true, "recipients": 6})", "send_mail"},
    Line{Assistant, "Sent to six people, with you down for the bookings."},
};

constexpr std::array kEnergy{
    Line{User, "Our office in {city} used more power last month. Can you see why?"},
    Line{ToolCall, R"({"site": "{city}", "metric": "energy_kwh", "months": 2})", "query_metrics"},
    Line{ToolResult, R"({"last": {number}, "before": 412, "peak_hour": 3})", "query_metrics"},
    Line{Assistant,
         "The days are as before. The nights are not: since {day} about 2 kW run around "
         "the clock, with a peak at three in the morning. That looks like the ventilation, "
         "not like computers."},
    Line{User, "{person} changed its timer. Thank you!"},
    Line{Assistant, "That fits. I will compare again in a week and tell you whether the nights are "
                    "quiet."},
};

constexpr std::array kContacts{
    Line{User,
         "The contact list is full of doubles. Clean it up, but delete nothing without asking."},
    Line{ToolCall, R"({"list": "contacts", "match": ["mail", "phone"]})", "find_duplicates"},
    Line{ToolResult, R"({"pairs": {number}, "certain": 118, "doubtful": 9})", "find_duplicates"},
    Line{Assistant,
         "{number} possible pairs; 118 are certain, since mail and telephone agree. Nine "
         "are doubtful, for example two people named {person} in {city}."},
    Line{User, "Merge the certain ones."},
    Line{ToolCall, R"({"list": "contacts", "only": "certain"})", "merge_contacts"},
    Line{ToolResult, R"({"merged": 118, "undo_until": "{day}"})", "merge_contacts"},
    Line{Assistant,
         "118 pairs are merged; until {day} that can be undone. The nine doubtful ones are "
         "in a list for you."},
};

constexpr std::array kConversations{
    Conversation{"Weekly sales digest for {city}", "Sales digest {city}: scheduled", kSalesDigest},
    Conversation{"Nightly import failed on {day}", "Nightly import: time limit raised", kFailedRun},
    Conversation{"What customers say about {product}", "{product} tickets, week in review",
                 kTickets},
    Conversation{"Workshop in {city}", "Workshop in {city}: invitation", kWorkshop},
    Conversation{"Overdue invoices, {city}", "Reminders for {person} and two others", kInvoices},
    Conversation{"{product} churn by month, in SQL", "{product}: churn by month and plan", kChurn},
    Conversation{"Onboarding of {person}", "{person}'s first week", kOnboarding},
    Conversation{"{product} quick start, translated", "Quick start: German and French",
                 kTranslation},
    Conversation{"Watch releases of {product}", "Release watch for {product}", kReleaseWatch},
    Conversation{"Notes of the {day} meeting", "Decisions and tasks from {day}", kMeetingNotes},
    Conversation{"Energy use in {city}", "Ventilation in {city} runs at night", kEnergy},
    Conversation{"Doubles in the contact list", "Contacts: {number} doubles", kContacts},
};

constexpr std::array kFollowUps{
    FollowUp{"Can you make that shorter?", "Of course. In one sentence: it is set up, it runs by "
                                           "itself, and you hear from it only when it needs you."},
    FollowUp{"And how long does that take?",
             "About two minutes a run, most of it waiting for other "
             "systems."},
    FollowUp{"What would it cost per month?", "With one run a day, less than a cup of coffee: some "
                                              "40,000 tokens."},
    FollowUp{"Who else can see this?", "Only members of your team. I can share a read-only copy."},
    FollowUp{"Undo the last step, please.", "Undone. Everything is as it was before."},
    FollowUp{"Remind me about this tomorrow.", "I will write to you tomorrow at nine."},
    FollowUp{"Is there a simpler way?",
             "Yes: start from the template and change the two fields that "
             "matter to you. The rest can stay."},
    FollowUp{"Thanks, that helps.", "You are welcome. I am here if anything comes up."},
};

} // namespace

std::span<const Conversation> conversations()
{
    return kConversations;
}

std::span<const FollowUp> followUps()
{
    return kFollowUps;
}

} // namespace lockkeeper::demo
