// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace lockkeeper::app {
class Workspace;
}

namespace lockkeeper::cli {

class Output;

/// Says on standard error that what a connected workspace shows is a replica's, if it is.
void warnOfReplica(app::Workspace &workspace, Output &output);

} // namespace lockkeeper::cli
