//! Performance counters have the names that Windows gives them, wherever they come from.

/// The name of a performance counter for an instrument of Microsoft's distributions.
pub(super) fn performance_counter(instrument: &str) -> Option<&'static str> {
    Some(match instrument.strip_prefix("azuremonitor.performancecounter.")? {
        "processtime" => r"\Process(??APP_WIN32_PROC??)\% Processor Time",
        "processtimenormalized" => r"\Process(??APP_WIN32_PROC??)\% Processor Time Normalized",
        "processprivatebytes" => r"\Process(??APP_WIN32_PROC??)\Private Bytes",
        "processiobytessec" => r"\Process(??APP_WIN32_PROC??)\IO Data Bytes/sec",
        "processortotalprocessortime" => r"\Processor(_Total)\% Processor Time",
        "memoryavailablebytes" => r"\Memory\Available Bytes",
        "requestssec" => r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec",
        "requestexecutiontime" => r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Request Execution Time",
        "exceptionssec" => r"\.NET CLR Exceptions(??APP_CLR_PROC??)\# of Exceps Thrown / sec",
        _ => return None,
    })
}
