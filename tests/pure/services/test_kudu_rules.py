"""Every rule of Kudu's that its clients rely on, and every defect of it that is to be done better: what it
says, and the tests that show it.

The ids are those of the reference: its section, and a letter for each rule in it, in its order; `6/1` to
`6/19` are its "do better" table. A rule that is not followed is `Otherwise`, with the reason.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]

FILES = {
    "arm": "pure/services/test_arm.py",
    "az": "real/services/remote/test_az.py",
    "auth": "pure/services/test_auth.py",
    "certs": "real/site/server/test_own_certificates.py",
    "changes": "pure/site/files/test_conditions.py",
    "clients": "whole/test_published_clients.py",
    "command": "real/services/scm/test_command.py",
    "curl": "real/services/test_real_deployments.py",
    "decide": "pure/site/deploy/test_decide.py",
    "deployments": "real/services/test_deployments.py",
    "endings": "pure/site/deploy/test_endings.py",
    "entries": "pure/site/logs/test_entries.py",
    "extensions": "real/services/test_site_extensions.py",
    "followed": "real/site/deploy/test_settings_followed.py",
    "follow": "real/site/logs/test_follow.py",
    "git": "real/services/test_git_push.py",
    "guard": "real/services/test_guard.py",
    "hooks": "real/services/test_hooks_and_keys.py",
    "ignoring": "pure/site/releases/test_ignoring.py",
    "jobs": "real/services/test_webjobs.py",
    "keeper": "real/site/jobs/test_keeper.py",
    "kept": "real/site/releases/test_kept.py",
    "killed": "real/site/releases/test_killed.py",
    "kudufiles": "pure/site/deploy/test_kudu_files.py",
    "kudusync": "real/site/releases/test_kudusync.py",
    "logs": "real/services/scm/test_logs.py",
    "manifest": "pure/site/releases/test_manifest.py",
    "model": "pure/site/jobs/test_job_model.py",
    "onedeploy": "pure/site/deploy/test_onedeploy.py",
    "package": "real/site/deploy/test_run_from_package.py",
    "pipeline": "real/site/deploy/test_pipeline.py",
    "processes": "real/services/scm/test_processes.py",
    "publish": "real/services/test_publish.py",
    "recover": "real/site/deploy/test_recover.py",
    "repositories": "real/services/test_git_repositories.py",
    "repository": "real/services/test_repository.py",
    "routes": "pure/services/test_routes.py",
    "run": "real/site/commands/test_run_command.py",
    "runs": "real/site/jobs/test_runs.py",
    "schedule": "pure/site/jobs/test_schedule.py",
    "scmvfs": "real/services/test_scm_vfs.py",
    "sessions": "real/services/remote/test_sessions.py",
    "settings": "real/services/test_settings.py",
    "site": "real/services/test_sites.py",
    "sources": "real/site/deploy/test_sources.py",
    "static": "real/site/deploy/test_files_only.py",
    "stream": "real/services/scm/test_logstream.py",
    "turns": "real/services/test_one_at_a_time.py",
    "unpack": "real/site/releases/test_unpack.py",
    "variables": "pure/site/commands/test_command_variables.py",
    "values": "pure/site/deploy/test_settings.py",
    "vfs": "real/services/scm/test_vfs.py",
    "wire": "pure/services/test_wire.py",
    "zip": "real/services/test_zipdeploy.py",
    "zips": "real/services/scm/test_zips.py",
}
"""Where the tests are, below `tests`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """id: as the module says. says: the rule. proofs: `FILE:test_name`, FILE one of FILES."""

    id: str
    says: str
    proofs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A rule that is not followed. why: for whom that is right."""

    id: str
    says: str
    why: str


def rule(id_: str, says: str, *proofs: str) -> Rule:
    return Rule(id_, says, proofs)


RULES = (
    # 1.0 What holds everywhere
    rule(
        "1.0/a",
        "a route holds with and without /api",
        "routes:test_every_form_of_a_path_leads_to_the_one_that_is_known",
        "guard:test_the_publishing_user_is_answered_at_each_form_of_a_path",
    ),
    rule(
        "1.0/b",
        "logs and site extensions hold with the prefix alone",
        "logs:test_it_is_there_with_the_prefix_alone",
        "extensions:test_the_routes_have_the_prefix_alone",
    ),
    rule(
        "1.0/c",
        "enums are numbers, dates have seven digits and Z, nulls are there",
        "wire:test_dates_have_seven_digits_and_z_enums_are_numbers_and_nulls_are_there",
    ),
    rule("1.0/d", "an error is JSON with Message", "vfs:test_what_is_not_there_is_404_with_its_path"),
    rule(
        "1.0/e",
        "OneDeploy's 400 is a JSON string",
        "publish:test_what_has_no_place_is_400_as_a_string_before_anything_is_uploaded",
    ),
    rule(
        "1.0/f",
        "a 409 of the lock is plain text",
        "zip:test_while_the_lock_is_held_it_is_409_before_anything_is_uploaded",
    ),
    rule("1.0/g", "an unknown route is 404", "guard:test_an_unknown_path_is_404_and_an_unknown_method_405"),
    rule(
        "1.0/h",
        "answers of site extensions carry x-ms-request-id",
        "extensions:test_a_package_that_is_sent_is_installed_listed_and_removed",
    ),
    rule(
        "1.0/i",
        "the resource manager is known by its header",
        "arm:test_a_request_without_the_header_is_a_plain_one",
    ),
    rule(
        "1.0/j",
        "its bodies stand in properties",
        "arm:test_a_body_is_what_stands_in_its_properties",
        "publish:test_through_the_resource_manager_all_stands_in_the_properties",
    ),
    rule(
        "1.0/k",
        "its answers are items, lists of items, or an error with code and message",
        "arm:test_an_item_is_wrapped",
        "arm:test_a_list_is_wrapped_with_each_of_its_items",
        "guard:test_through_the_resource_manager_answers_and_errors_are_wrapped",
    ),
    rule(
        "1.0/l",
        "its Location is made of the Referer",
        "arm:test_the_resource_is_what_the_referer_names",
        "zip:test_through_the_resource_manager_the_place_to_ask_is_there",
    ),
    rule(
        "1.0/m",
        "two user agents get 202 for latest while the lock is held",
        "deployments:test_latest_is_202_for_careful_clients_while_the_lock_is_held",
    ),
    # 1.1 command
    rule(
        "1.1/a",
        "200 with Output, Error and ExitCode",
        "command:test_a_command_runs_in_the_home_or_a_folder_of_it",
    ),
    rule("1.1/b", "a body without a command is 400", "command:test_a_body_without_a_command_is_400"),
    rule(
        "1.1/c",
        "dir is joined to the home, its variables filled in",
        "variables:test_the_folder_is_joined_to_the_home_with_its_variables_filled_in",
    ),
    rule(
        "1.1/d",
        "the standard input is closed, both outputs are collected",
        "run:test_the_standard_input_is_closed",
        "run:test_both_streams_and_the_exit_code_are_told",
    ),
    rule(
        "1.1/e",
        "a failure never changes the status",
        "command:test_a_failure_is_told_in_the_body",
        "run:test_a_command_that_cannot_be_run_is_a_result",
    ),
    rule(
        "1.1/f",
        "one that is silent and idle is ended, and the setting named",
        "run:test_a_silent_and_idle_command_is_ended_and_the_setting_is_named",
        "command:test_a_silent_command_is_ended_by_the_sites_setting",
    ),
    rule(
        "1.1/g",
        "it has every setting and the folders of a deployment",
        "command:test_it_has_the_settings_and_the_folders_and_none_of_the_servers_secrets",
        "variables:test_settings_are_there_in_both_forms_and_lead_nothing_astray",
    ),
    rule("1.1/h", "the content type does not matter", "command:test_the_content_type_does_not_matter"),
    # 1.2 vfs
    rule(
        "1.2/a",
        "the root is the home; a listing has name, size, mtime, crtime, mime, href, path",
        "vfs:test_a_folder_is_listed_at_the_address_with_a_slash",
        "vfs:test_the_root_leads_to_its_form_with_a_slash_and_lists_no_private_part",
    ),
    rule("1.2/b", "a missing file is 404 with its path", "vfs:test_what_is_not_there_is_404_with_its_path"),
    rule(
        "1.2/c",
        "a folder without, a file with a slash at its end lead to the other form by 307",
        "changes:test_reading",
        "vfs:test_a_file_address_with_a_slash_leads_to_the_one_without",
    ),
    rule(
        "1.2/d",
        "a file has its type, ETag and Last-Modified",
        "vfs:test_a_file_is_sent_with_its_validators",
    ),
    rule(
        "1.2/e",
        "If-None-Match is answered by 304",
        "vfs:test_a_version_that_the_client_has_is_not_sent_again",
    ),
    rule(
        "1.2/f",
        "Range and If-Range: 206, 416, or the whole file",
        "vfs:test_ranges",
        "vfs:test_a_range_behind_the_end_is_416_with_the_size",
        "changes:test_any_range_header_is_answered_with_bytes_that_are_there",
    ),
    rule(
        "1.2/g",
        "PUT of a new file is 201, of one that is there 204 with If-Match, 412 without or with another",
        "changes:test_writing",
        "vfs:test_a_new_file_is_201_with_its_folders_and_a_replaced_one_204",
        "changes:test_a_condition_that_does_not_name_the_tag_never_replaces",
    ),
    rule(
        "1.2/h",
        "PUT with a slash makes a folder: 201, and 409 when something is there",
        "vfs:test_a_folder_is_made_once_and_a_name_that_is_taken_is_409",
    ),
    rule(
        "1.2/i",
        "a write that fails is 409 with its cause",
        "vfs:test_a_write_through_a_link_that_leads_out_is_refused",
    ),
    rule(
        "1.2/j",
        "DELETE of a file needs its ETag, of a folder that is not empty recursive=true",
        "changes:test_removing",
        "vfs:test_deleting_a_file_needs_its_tag",
        "vfs:test_deleting_a_folder_that_is_not_empty_must_be_asked_for",
    ),
    rule("1.2/k", "the ETag is strong, of time and size", "changes:test_two_versions_have_two_tags"),
    rule(
        "1.2/l",
        "If-Match: * is taken for a new file, too",
        "vfs:test_a_new_file_is_201_with_its_folders_and_a_replaced_one_204",
    ),
    rule(
        "1.2/m",
        "names with a literal %20 come back",
        "vfs:test_names_with_a_literal_percent_come_back",
    ),
    rule(
        "1.2/n",
        "the path may be one segment with %2F, and a query is passed over",
        "vfs:test_each_way_to_write_a_path_leads_to_the_file",
    ),
    Otherwise(
        "1.2/o",
        "SystemDrive and LocalSiteRoot are at the root on Windows",
        "They lead out of the home, to the disk of the machine.",
    ),
    rule(
        "1.2/p",
        "scmvfs: the same over the repository, with commits as ETags, and both changes merged",
        "scmvfs:test_a_folder_is_listed_as_by_vfs",
        "scmvfs:test_a_write_is_a_commit_that_is_deployed",
        "scmvfs:test_it_need_not_be_deployed",
        "scmvfs:test_changes_in_other_places_are_merged",
        "scmvfs:test_changes_in_the_same_place_are_a_conflict_with_both",
    ),
    # 1.3 zip
    rule(
        "1.3/a",
        "a folder is a zip with its empty folders, named after it or as the client says",
        "zips:test_a_folder_comes_as_a_zip_with_its_empty_folders_and_what_its_links_lead_to",
        "zips:test_the_client_may_name_it",
    ),
    rule(
        "1.3/b",
        "a file is 404, a folder without a slash leads to the other form",
        "zips:test_other_addresses_lead_on_or_are_404",
    ),
    rule(
        "1.3/c",
        "PUT unpacks over the folder and removes nothing",
        "zips:test_a_zip_is_unpacked_over_the_folder_and_nothing_is_removed",
    ),
    rule(
        "1.3/d",
        "a missing folder needs its slash, a file is 404",
        "zips:test_a_missing_folder_without_a_slash_and_a_file_are_404",
    ),
    rule("1.3/e", "what is no zip is 400", "zips:test_what_is_no_zip_is_400"),
    rule("1.3/f", "JSON names where the package is", "zips:test_json_must_name_a_package"),
    rule(
        "1.3/g",
        "an archive that would write elsewhere is refused",
        "zips:test_an_archive_that_would_write_elsewhere_changes_nothing",
    ),
    rule("1.3/h", "the content type does not matter", "zips:test_a_zip_that_is_called_json_is_one"),
    # 1.4 zipdeploy
    rule(
        "1.4/a",
        "names of the query have any case, with Kudu's defaults",
        "zip:test_the_query_says_who_and_how_whatever_its_case",
        "zip:test_a_deployment_that_is_waited_for_is_200_and_empty",
    ),
    rule(
        "1.4/b", "the body is a zip, or says where one is", "zip:test_a_package_is_fetched_from_its_address"
    ),
    rule("1.4/c", "200 and empty", "zip:test_a_deployment_that_is_waited_for_is_200_and_empty"),
    rule(
        "1.4/d",
        "202 with Location and Retry-After, and the deployment is there",
        "zip:test_one_that_is_not_waited_for_is_202_with_a_place_to_ask",
    ),
    rule(
        "1.4/e",
        "409 as text while the lock is held",
        "zip:test_while_the_lock_is_held_it_is_409_before_anything_is_uploaded",
        "turns:test_of_two_uploads_that_overlap_the_second_is_told_that_it_was_not_taken",
    ),
    rule(
        "1.4/f",
        "409 for a site that runs from a package elsewhere",
        "zip:test_a_site_that_runs_from_a_package_elsewhere_is_409",
    ),
    rule("1.4/g", "a packageUri that is none is 400", "zip:test_what_is_no_package_is_400"),
    rule(
        "1.4/h",
        "SCM-DEPLOYMENT-ID, when it is asked for",
        "zip:test_a_tracked_one_tells_its_id",
        "zip:test_a_tracked_one_is_found_by_its_id_from_the_beginning",
    ),
    rule(
        "1.4/i",
        "validate says whether one could be taken",
        "zip:test_validate_says_whether_one_could_be_taken",
    ),
    rule("1.4/j", "latest is 202 until it has ended", "deployments:test_latest_is_202_until_it_has_ended"),
    Otherwise("1.4/k", "wardeploy", "Archives of Java are no Python sites."),
    # 1.5 publish
    rule(
        "1.5/a",
        "what else is in the query is passed over",
        "publish:test_the_rest_of_the_query_is_passed_over",
    ),
    rule(
        "1.5/b",
        "a zip is the site, and clean is its default",
        "publish:test_a_zip_is_the_site_and_what_lay_there_goes",
        "publish:test_clean_is_as_the_request_says",
    ),
    rule(
        "1.5/c",
        "path: absolute in the home in each form, else in wwwroot; `..` is 400, as is clean of the home",
        "publish:test_a_zip_goes_where_path_says",
        "onedeploy:test_a_zip_goes_to_wwwroot_or_into_a_folder_of_it",
        "onedeploy:test_what_cannot_be_placed_is_refused",
        "onedeploy:test_nothing_is_placed_outside_the_home",
    ),
    rule(
        "1.5/d",
        "static, startup, script and lib have their places",
        "onedeploy:test_a_file_goes_to_the_place_of_its_type",
        "publish:test_a_file_goes_where_its_type_says_and_nothing_else_goes",
    ),
    rule(
        "1.5/e",
        "reset empties wwwroot but for a page",
        "publish:test_reset_empties_the_site_but_for_a_page",
    ),
    rule(
        "1.5/f",
        "another type is 400 with its name",
        "publish:test_a_type_that_is_not_known_is_told_in_kudus_words",
    ),
    rule(
        "1.5/g",
        "polled like a zip",
        "publish:test_without_waiting_it_is_202_and_asked_for_like_a_zip",
    ),
    rule(
        "1.5/h",
        "what a zip brought before goes with the next zip, what was published alone stays",
        "sources:test_one_file_is_put_among_those_that_serve_and_stays",
    ),
    Otherwise("1.5/i", "war, jar and ear", "Archives of Java are no Python sites."),
    # 1.6 deployments
    rule("1.6/a", "every field is always there", "deployments:test_every_field_is_always_there"),
    rule(
        "1.6/b",
        "the list is newest first, with an ETag",
        "deployments:test_the_list_is_newest_first_and_one_is_active",
        "deployments:test_a_list_that_has_not_changed_is_304",
    ),
    rule(
        "1.6/c",
        "one by its id, latest by 202 or 200",
        "deployments:test_one_is_found_by_its_id_and_others_are_404",
        "deployments:test_latest_is_202_until_it_has_ended",
    ),
    rule(
        "1.6/d",
        "PUT deploys once more; 404 without a repository or the commit, 409 while locked",
        "deployments:test_a_put_deploys_once_more",
        "deployments:test_a_put_without_an_id_deploys_the_active_one",
        "deployments:test_what_cannot_be_deployed_once_more_is_404",
    ),
    rule(
        "1.6/e",
        "PUT makes a record, whose id the URL says",
        "deployments:test_a_record_is_made_by_put_and_its_url_names_it",
        "deployments:test_what_a_record_may_say",
    ),
    rule(
        "1.6/f",
        "DELETE; not the active one, not while the lock is held",
        "deployments:test_one_is_deleted_but_not_the_active_one_nor_while_the_lock_is_held",
    ),
    rule(
        "1.6/g",
        "the log, and what stands below an entry; a parent is as bad as its worst",
        "deployments:test_the_log_of_one_and_of_latest_and_what_stands_below",
        "deployments:test_a_log_entry_of_a_warning_marks_its_parent",
        "deployments:test_without_a_log_it_is_404",
    ),
    rule(
        "1.6/h",
        "deploymentscript is a zip, or 404",
        "repository:test_the_script_is_there_after_a_deployment_unless_there_is_an_own_one",
    ),
    # 1.7 settings
    rule(
        "1.7/a",
        "all merged; one as a JSON string, or 404",
        "settings:test_all_are_merged_and_the_sites_own_win",
        "settings:test_one_is_a_json_string_and_a_missing_one_is_404",
    ),
    rule("1.7/b", "POST in both forms is 204", "settings:test_they_are_written_in_both_forms"),
    rule(
        "1.7/c",
        "DELETE is 204 and does not wait; 409 while the lock is held",
        "settings:test_one_is_deleted_without_waiting",
        "settings:test_while_the_lock_is_held_nothing_is_written",
    ),
    rule(
        "1.7/d",
        "the management wins over the app, the app over .deployment",
        "values:test_the_management_wins_over_the_app_and_the_app_over_the_file",
    ),
    rule(
        "1.7/e",
        "app settings are variables with and without their prefix",
        "variables:test_settings_are_there_in_both_forms_and_lead_nothing_astray",
    ),
    rule("1.7/f", "the defaults", "values:test_the_defaults_are_kudus"),
    # 1.8 scm
    rule("1.8/a", "scm/info has Type and GitUrl", "repository:test_the_repository_is_told_of"),
    rule("1.8/b", "scm/clean is 204", "repository:test_it_is_cleaned_but_not_while_the_lock_is_held"),
    rule(
        "1.8/c",
        "DELETE removes repository, key and records, and what was deployed can still go",
        "repository:test_it_is_deleted_with_its_key_and_the_records",
    ),
    # 1.9 environment, diagnostics, dump
    rule("1.9/a", "environment has a version", "site:test_a_site_is_told_of"),
    rule(
        "1.9/b",
        "diagnostics/runtime names the system",
        "settings:test_the_runtime_names_the_system_that_clients_look_for",
    ),
    rule(
        "1.9/c",
        "diagnostics/settings: six names, 204, 404",
        "settings:test_the_settings_of_logs_are_these_six",
        "settings:test_an_unknown_setting_of_logs_is_404_and_a_wrong_value_400",
    ),
    rule("1.9/d", "dump", "zips:test_the_dump_has_logs_and_records_and_not_the_packages"),
    Otherwise(
        "1.9/e",
        "startuplogs, securebuild, troubleshoot, sitecontainers, networkcapture",
        "They are of containers, and in no public Kudu: a client is told that the route is unknown.",
    ),
    rule(
        "1.9/f",
        "exec/execute begins a command: 202",
        "az:test_a_command_is_executed",
        "sessions:test_a_command_is_begun_and_told_when_it_has_ended",
    ),
    rule(
        "1.9/g",
        "exec/shell is a terminal over a WebSocket",
        "sessions:test_a_shell_is_typed_in_and_ends_with_its_exit",
    ),
    rule(
        "1.9/h",
        "the tunnel tells its state, and carries bytes: to ssh, or to the app's debugger",
        "az:test_ssh_through_the_tunnel_runs_commands_as_they_are",
        "sessions:test_a_tunnel_leads_to_the_apps_debugger",
    ),
    rule(
        "1.9/i",
        "webssh/host says what there is instead of a page",
        "sessions:test_browsers_and_plain_requests_are_told_what_there_is",
    ),
    # 1.10 processes
    rule(
        "1.10/a",
        "the list, and one whole",
        "processes:test_a_sites_processes_are_listed_and_no_others",
        "processes:test_one_process_is_told_whole_without_its_secrets",
    ),
    rule(
        "1.10/b",
        "0 is the management, -1 the newest instance",
        "processes:test_the_management_tells_little_of_itself_and_stays",
        "processes:test_the_newest_instance_that_ends_while_it_is_read_is_followed_by_the_next",
    ),
    rule(
        "1.10/c",
        "one that is not there is 404: is not running",
        "processes:test_a_process_of_another_site_or_of_the_machine_is_not_running",
    ),
    rule(
        "1.10/d", "DELETE ends it with its children", "processes:test_a_process_is_ended_with_what_it_started"
    ),
    rule(
        "1.10/e",
        "threads, modules and variables have addresses",
        "processes:test_its_parts_have_addresses",
    ),
    rule(
        "1.10/f",
        "dumps and profiles of Windows are 400 with words",
        "processes:test_what_cannot_be_done_here_says_what_can",
    ),
    rule("1.10/g", "durations as .NET writes them", "processes:test_durations_are_written_as_by_dotnet"),
    # 1.11 logs
    rule(
        "1.11/a",
        "a stream begins with its welcome, and has only what is appended from then on",
        "stream:test_a_stream_begins_with_its_welcome_and_tells_what_is_appended",
        "follow:test_only_what_is_appended_is_told_in_whole_lines",
    ),
    rule(
        "1.11/b",
        "a folder is made when it is missing",
        "stream:test_a_folder_alone_is_streamed_and_made_when_it_is_missing",
    ),
    rule(
        "1.11/c",
        "silence is told each minute, and the end after the time of the setting",
        "stream:test_silence_is_told_each_minute",
        "stream:test_a_stream_to_which_nothing_is_added_ends_after_the_time_of_its_setting_and_says_so",
    ),
    rule("1.11/d", "filter", "follow:test_only_lines_that_hold_the_filter_are_told"),
    rule(
        "1.11/e",
        "recent entries, newest first, 1 to 1000",
        "logs:test_recent_entries_come_newest_first_of_all_files",
        "logs:test_how_many_is_bounded",
        "entries:test_a_line_of_app_service_is_an_entry",
        "entries:test_lines_that_begin_no_entry_go_on_with_the_one_before",
    ),
    rule(
        "1.11/f",
        "logs/docker: those of the newest day, and their zip",
        "logs:test_console_logs_are_those_of_the_newest_day",
    ),
    Otherwise(
        "1.11/g",
        "a stream of the application's log switches that log on",
        "What an app says is always logged.",
    ),
    Otherwise(
        "1.11/h",
        "a deployment, or a restart of the app, ends the stream",
        "A stream goes on over both: what the new instances say first is what one waits for.",
    ),
    # 1.12 site extensions
    rule(
        "1.12/a",
        "installed ones are listed and told with all fields",
        "extensions:test_a_package_that_is_sent_is_installed_listed_and_removed",
        "extensions:test_what_is_not_there_is_404",
    ),
    rule(
        "1.12/b",
        "the feed",
        "extensions:test_a_feed_is_a_folder_of_the_home",
        "extensions:test_without_a_feed_the_list_is_empty_and_says_why",
    ),
    rule(
        "1.12/c",
        "PUT by packageUri, or by the feed; the same package again changes nothing",
        "extensions:test_a_package_is_fetched_from_its_address",
        "extensions:test_packages_of_the_feed_are_installed_by_their_id",
        "extensions:test_the_same_package_again_changes_nothing",
    ),
    rule("1.12/d", "409 while it is installed", "extensions:test_two_operations_at_once_are_409_with_words"),
    rule(
        "1.12/e",
        "the resource manager: 201, polled, the restart once, Canceled for a lost worker",
        "extensions:test_a_long_installation_is_polled",
        "extensions:test_the_resource_manager_is_asked_to_restart_once",
        "extensions:test_a_worker_that_was_lost_is_canceled_and_what_was_before_is_back",
    ),
    rule(
        "1.12/f",
        "its transform is written where it has none, its script runs with its arguments",
        "extensions:test_a_transform_is_written_where_the_package_has_none",
        "extensions:test_its_script_runs_with_its_arguments",
    ),
    rule(
        "1.12/g",
        "the kind WebRoot lies in wwwroot",
        "extensions:test_an_extension_of_wwwroot_lies_there_and_takes_its_own_away",
    ),
    rule(
        "1.12/h",
        "old ids of Pythons lead to the new ones",
        "extensions:test_the_old_ids_of_pythons_lead_to_the_new_ones",
    ),
    # 1.13 WebJobs
    rule(
        "1.13/a",
        "all of Kudu's names for the lists",
        "jobs:test_all_names_that_kudu_has_for_it",
    ),
    rule(
        "1.13/b",
        "a run is 202 with Location, 409 while one runs, and its history is kept",
        "jobs:test_a_script_is_put_run_and_its_history_kept",
        "runs:test_one_runs_at_a_time",
    ),
    rule(
        "1.13/c",
        "an upload needs its file's name; a zip or one script",
        "jobs:test_a_file_without_a_name_is_refused",
        "jobs:test_a_zip_with_several_files_and_settings",
    ),
    rule("1.13/d", "lists have ETags", "jobs:test_a_list_is_told_once"),
    rule("1.13/e", "the script is chosen in Kudu's order", "model:test_the_script_is_chosen_as_kudu_does"),
    rule(
        "1.13/f",
        "settings.job: schedule, is_singleton, stopping_wait_time, is_in_place",
        "model:test_settings",
        "schedule:test_the_next_time",
    ),
    rule(
        "1.13/g",
        "continuous jobs run, are stopped and started",
        "jobs:test_a_continuous_job_runs_and_is_stopped_and_started",
        "keeper:test_it_is_told_by_its_shutdown_file_first",
    ),
    # 1.14 hooks, key, git, fetch
    rule(
        "1.14/a",
        "hooks: 201, the one that is there, 409, 404",
        "hooks:test_a_hook_is_added_found_and_deleted",
        "hooks:test_the_same_hook_is_the_one_that_is_there_and_another_event_is_409",
    ),
    rule(
        "1.14/b",
        "PostDeployment is told after each, with the URL's credentials",
        "hooks:test_an_event_is_sent_to_its_hooks",
        "sources:test_a_hook_is_told_with_its_credentials_and_how_it_went_is_recorded",
    ),
    rule(
        "1.14/c",
        "sshkey",
        "hooks:test_a_key_is_made_when_it_is_asked_for",
        "hooks:test_a_private_key_is_taken_in_each_form",
    ),
    rule(
        "1.14/d",
        "git over HTTP at the root",
        "git:test_a_push_deploys_its_commit_and_shows_the_log",
        "git:test_what_was_pushed_can_be_cloned_and_fetched",
    ),
    rule(
        "1.14/e",
        "/git/{path} serves any repository below the home",
        "repositories:test_a_push_and_a_clone_and_nothing_is_deployed",
    ),
    rule(
        "1.14/f",
        "a push while a deployment runs is told so; a push can be received alone",
        "git:test_a_push_while_a_deployment_runs_is_told_so",
        "git:test_a_push_can_be_received_alone",
    ),
    rule(
        "1.14/g",
        "/deploy: JSON or form; GitHub's payload; another branch is no deployment",
        "git:test_a_push_event_is_fetched_in_the_background",
        "git:test_a_push_event_in_a_form",
        "git:test_another_branch_and_no_payload_deploy_nothing",
    ),
    rule("1.14/h", "Kudu's own payload", "git:test_kudus_own_payload_is_waited_for"),
    rule(
        "1.14/i",
        "an event that comes while a deployment runs waits for it",
        "git:test_a_push_event_waits_for_the_deployment_that_runs",
        "turns:test_of_two_push_events_that_wait_none_is_lost",
    ),
    rule(
        "1.14/j",
        "GET /deploy leads to the root",
        "git:test_the_address_of_hooks_opened_in_a_browser_leads_to_the_root",
    ),
    rule("1.14/k", "ScmType None refuses events", "git:test_hooks_can_be_switched_off"),
    rule("1.14/l", "an event is sent with its body", "hooks:test_an_event_is_sent_to_its_hooks"),
    # 1.15 lock and credentials
    rule(
        "1.15/a",
        "one lock for deployments, settings and the repository, and none for files and commands",
        "pipeline:test_the_second_of_two_is_told_who_is_at_it",
        "settings:test_while_the_lock_is_held_nothing_is_written",
        "repository:test_it_is_cleaned_but_not_while_the_lock_is_held",
    ),
    rule(
        "1.15/b",
        "what nobody finishes any more is closed",
        "recover:test_a_kill_at_any_moment_leaves_the_old_or_the_new_whole",
        "endings:test_what_the_pointer_does_not_lead_to_has_failed_and_says_at_which_step",
    ),
    rule(
        "1.15/c",
        "Basic with $site, or a bearer token; 401 with WWW-Authenticate otherwise",
        "auth:test_the_publishing_user_may_do_everything_with_its_site",
        "auth:test_a_token_has_its_scopes_and_its_site",
        "guard:test_without_credentials_nothing_is_learnt",
    ),
    rule(
        "1.15/d",
        "Basic can be switched off",
        "guard:test_where_basic_is_off_the_answer_says_so_and_offers_bearer_alone",
    ),
    # 2 The pipeline
    rule(
        "2.1/a",
        "the upload lies in the temporary folder, and its size and progress are told",
        "zip:test_the_source_is_a_file_of_the_servers_own_folder",
        "pipeline:test_the_log_says_what_was_decided_and_how_it_ended",
    ),
    rule(
        "2.1/b",
        "times of a zip are kept, unless the setting says otherwise",
        "followed:test_times_of_a_zip_are_kept_unless_the_setting_says_otherwise",
    ),
    rule(
        "2.1/c",
        "the temporary deployment gives way to the one that it stands for, or is closed",
        "pipeline:test_a_reserved_deployment_gets_its_id_and_one_that_cannot_begin_is_closed",
    ),
    rule(
        "2.1/d",
        "what the first manifest lists, or the placeholder, goes with the first deployment",
        "pipeline:test_a_wwwroot_that_is_a_folder_is_taken_over_with_what_lies_in_it",
    ),
    rule(
        "2.1/e",
        "post deployment actions run in order",
        "pipeline:test_post_deployment_actions_run_in_order_and_their_failure_changes_nothing",
    ),
    rule(
        "2.1/f",
        "ten that succeeded are remembered, one failure, one that waits",
        "endings:test_ten_that_succeeded_stay_with_the_active_one",
        "endings:test_of_failures_and_temporary_ones_the_newest_stays",
    ),
    rule(
        "2.2/a",
        "files that nobody deployed stay, those of the deployment before go; clean removes both",
        "kudusync:test_what_is_seen_is_what_kudusync_leaves",
        "kept:test_clean_removes_it",
    ),
    rule("2.2/b", "the manifest is Kudu's list", "manifest:test_kudus_list_has_folders_and_files_both_ways"),
    rule(
        "2.2/c",
        "what is ignored is neither copied nor listed",
        "ignoring:test_what_kudus_scripts_leave_out",
        "ignoring:test_patterns_as_minimatch_has_them",
        "static:test_what_only_kudu_reads_stays_out_of_a_release",
    ),
    rule(
        "2.3/a",
        "COMMAND, PROJECT, run from package, the setting, detection: in this order",
        "decide:test_the_first_rule_that_holds_decides_and_says_why",
        "pipeline:test_a_command_does_all_itself",
        "pipeline:test_project_names_the_part_that_is_the_site",
    ),
    rule(
        "2.3/b",
        "run from package: SitePackages, packagename.txt, so many kept",
        "package:test_a_package_is_kept_by_its_time_and_named",
        "package:test_the_newest_are_kept_as_many_as_the_setting_says",
    ),
    rule(
        "2.3/c",
        ".deployment: the section config, names in any case, the rest of the line",
        "values:test_a_value_is_the_rest_of_its_line",
        "values:test_a_value_is_found_whatever_the_case_of_its_name",
    ),
    rule(
        "2.4/a",
        "requirements are installed when it is built",
        "pipeline:test_a_zip_is_built_when_the_setting_says_so",
    ),
    Otherwise(
        "2.4/b",
        "an environment in wwwroot/env, marked by its runtime",
        "Environments are shared, and addressed by what they are made of: see the build's own rules.",
    ),
    rule(
        "2.5/a",
        "the variables of a deployment's commands",
        "pipeline:test_a_command_does_all_itself",
        "variables:test_settings_are_there_in_both_forms_and_lead_nothing_astray",
    ),
    rule(
        "2.6/a",
        "every setting is followed, or the log says why not",
        "followed:test_one_that_is_not_followed_is_said_with_the_reason",
        "values:test_each_is_declared_once_and_says_what_it_does",
    ),
    rule(
        "2.7/a",
        "log.log and active are as Kudu writes them",
        "kudufiles:test_an_entry_and_one_below_it",
        "pipeline:test_the_log_and_the_active_deployment_are_in_kudus_files_too",
    ),
    # 3 What clients call
    rule(
        "3.1/a",
        "GitHub's action: warm-up, runtime, zipdeploy with polling, its record of the deployment",
        "clients:test_the_action_deploys_a_zip_and_records_it",
    ),
    rule("3.1/b", "files, zips and commands", "clients:test_the_action_reads_and_writes_files"),
    rule("3.1/c", "OneDeploy", "clients:test_the_action_publishes_a_file_and_a_zip_below_a_path"),
    rule(
        "3.1/d",
        "the log of a failure, as its log_url and details_url lead to it",
        "clients:test_the_action_prints_why_a_deployment_failed_and_the_site_serves_on",
        "clients:test_the_action_says_that_a_password_is_wrong_and_that_another_deploys",
    ),
    rule(
        "3.2/a",
        "azure-cli: config-zip with polling of latest, and the logs of deployments",
        "az:test_a_zip_is_deployed_and_its_log_shown",
        "az:test_a_zip_that_cannot_be_built_is_told_with_its_cause",
    ),
    rule(
        "3.2/b",
        "azure-cli: exec, ssh and tunnels, over TLS",
        "az:test_a_command_is_executed",
        "az:test_a_terminal_is_the_sites_own",
    ),
    rule(
        "3.3/a",
        "the editor's groups, with the whole path as one segment",
        "clients:test_the_editors_groups_are_answered",
    ),
    Otherwise("3.4/a", "azure-mgmt-web", "It speaks to Azure's resource manager, which comes later."),
    rule(
        "3.5/a",
        "a folder by PUT, a zip over it, a command: its Output and Error",
        "vfs:test_a_folder_is_made_once_and_a_name_that_is_taken_is_409",
        "zips:test_a_missing_folder_without_a_slash_and_a_file_are_404",
        "command:test_a_command_runs_in_the_home_or_a_folder_of_it",
    ),
    # 6 Do better
    rule("6/1", "a failure is no 200", "zip:test_a_failure_is_no_success_and_says_why"),
    rule(
        "6/2",
        "its last error line is its status_text",
        "zip:test_a_failure_is_no_success_and_says_why",
        "pipeline:test_an_app_that_does_not_import_changes_nothing",
    ),
    rule(
        "6/3",
        "the log of latest",
        "deployments:test_the_log_of_one_and_of_latest_and_what_stands_below",
    ),
    rule(
        "6/4",
        "a failure changes nothing of what serves",
        "pipeline:test_a_build_that_fails_changes_nothing",
        "pipeline:test_a_host_that_refuses_changes_nothing",
        "curl:test_what_cannot_be_deployed_is_told_and_changes_nothing",
    ),
    rule(
        "6/5",
        "files in use",
        "kept:test_the_release_that_serves_finds_its_files_by_their_old_paths_and_sees_what_the_new_one_writes",
    ),
    rule(
        "6/6",
        "an entry that leaves the folder refuses the archive",
        "unpack:test_a_hostile_entry_refuses_the_whole_before_anything_is_written",
        "zips:test_an_archive_that_would_write_elsewhere_changes_nothing",
    ),
    rule(
        "6/7",
        "who holds the lock, since when, and how to stop it",
        "pipeline:test_the_second_of_two_is_told_who_is_at_it",
        "deployments:test_the_lock_tells_its_holder_and_is_broken",
        "pipeline:test_a_deployment_is_cancelled_and_what_it_ran_has_ended",
    ),
    rule(
        "6/8",
        "a lost worker is seen without a reader",
        "recover:test_a_kill_at_any_moment_leaves_the_old_or_the_new_whole",
    ),
    rule("6/9", "nobody fights over status files", "deployments:test_a_list_that_has_not_changed_is_304"),
    rule(
        "6/10",
        "a missing manifest is an empty one",
        "kept:test_nothing_is_known_of_a_release_without_a_manifest",
    ),
    rule(
        "6/11",
        "what is not installed is warned of",
        "pipeline:test_packages_that_are_not_installed_are_warned_of",
        "decide:test_what_is_listed_and_not_installed_is_warned_of",
    ),
    rule(
        "6/12",
        "the log says whether old files go",
        "pipeline:test_the_log_says_what_was_decided_and_how_it_ended",
    ),
    rule(
        "6/13",
        "a silence names its setting",
        "run:test_a_silent_and_idle_command_is_ended_and_the_setting_is_named",
    ),
    Otherwise(
        "6/14", "Node wins over Python", "A platform is chosen by the plan: see its own rules, 5.1 to 5.45."
    ),
    rule(
        "6/15",
        "a zip is deployed once more without a repository",
        "pipeline:test_a_deployment_is_made_again_from_its_package",
        "deployments:test_a_put_deploys_once_more",
    ),
    rule(
        "6/16",
        "old packages go",
        "pipeline:test_releases_and_records_beyond_what_is_kept_go",
        "package:test_the_newest_are_kept_as_many_as_the_setting_says",
    ),
    rule(
        "6/17",
        "a 401 says which way is off",
        "guard:test_where_basic_is_off_the_answer_says_so_and_offers_bearer_alone",
        "auth:test_the_right_password_of_a_site_without_basic_is_told_the_other_way",
    ),
    rule(
        "6/18",
        "a stream loses no line",
        "follow:test_a_rotation_loses_no_line",
        "stream:test_two_streams_share_a_look_and_have_lines_of_their_own",
    ),
    rule(
        "6/19",
        "mistakes of a web.config are explained when it is deployed",
        "followed:test_a_web_config_that_is_broken_is_explained_with_its_place",
        "followed:test_mistakes_of_a_web_config_that_iis_answers_otherwise_are_warned_of",
    ),
)

SECTIONS = (
    *("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "1.10", "1.11", "1.12", "1.13"),
    *(
        "1.14",
        "1.15",
        "2.1",
        "2.2",
        "2.3",
        "2.4",
        "2.5",
        "2.6",
        "2.7",
        "3.1",
        "3.2",
        "3.3",
        "3.4",
        "3.5",
        "6",
    ),
)


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


@pytest.mark.parametrize("each", [each for each in RULES if isinstance(each, Rule)], ids=lambda each: each.id)
def test_each_rule_has_tests_that_are_there(each: Rule) -> None:
    assert each.proofs
    for proof in each.proofs:
        file, _, name = proof.partition(":")
        assert name in names_in(FILES[file]), proof


def test_what_is_done_otherwise_says_why() -> None:
    assert all(each.why.endswith(".") for each in RULES if isinstance(each, Otherwise))


def test_no_rule_is_missing_or_there_twice() -> None:
    """Within a section they are counted on, and no section is left out."""
    ids = [each.id for each in RULES]
    assert len(ids) == len(set(ids))
    assert tuple(dict.fromkeys(each.partition("/")[0] for each in ids)) == SECTIONS
    for before, after in pairwise(ids):
        section, _, last = before.partition("/")
        if after.partition("/")[0] == section:
            assert number(after.partition("/")[2]) == number(last) + 1, after
        else:
            assert number(after.partition("/")[2]) == 1, after


def number(text: str) -> int:
    return int(text) if re.fullmatch(r"\d+", text) else ord(text) - ord("a") + 1
