"""The session variables that parloader leaves as the server has them, and why each can do no harm. Read by scripts/session_variables.py and tests."""

from dataclasses import dataclass

from parloader.database.dialects import ServerKind
from parloader.database.session_variables import ENTRIES


@dataclass(frozen=True, kw_only=True)
class LeftAlone:
    """Variables that are left alone for the same reason. Those of `mysql_before` exist in MySQL 8.0 or 8.4, but not in 9.7."""

    reason: str
    both: str = ""
    mariadb: str = ""
    mysql: str = ""
    mysql_before: str = ""

    def names(self, kind: ServerKind) -> frozenset[str]:
        own = self.mariadb if kind is ServerKind.MARIADB else f"{self.mysql} {self.mysql_before}"
        return frozenset(f"{self.both} {own}".split())


LEFT_ALONE = (
    # What parloader never does
    LeftAlone(
        reason="It only concerns tables of other storage engines; parloader writes InnoDB tables only.",
        both="bulk_insert_buffer_size keep_files_on_create low_priority_updates max_delayed_threads max_insert_delayed_threads "
        "myisam_sort_buffer_size myisam_stats_method preload_buffer_size",
        mariadb="aria_repair_threads aria_sort_buffer_size aria_stats_method deadlock_search_depth_long deadlock_search_depth_short "
        "deadlock_timeout_long deadlock_timeout_short myisam_repair_threads",
        mysql="transaction_allow_batching",
    ),
    LeftAlone(
        reason="It only concerns statements that parloader does not use (EXPLAIN, ANALYZE, SHOW CREATE, SELECT INTO, XA, CHANGE MASTER and so on).",
        mariadb="analyze_max_length analyze_sample_percentage default_master_connection histogram_size histogram_type max_relay_log_size "
        "sql_slave_skip_counter",
        mysql="end_markers_in_json explain_format explain_json_format_version histogram_generation_max_mem_size print_identified_with_as_hex "
        "select_into_buffer_size select_into_disk_sync select_into_disk_sync_delay show_create_table_skip_secondary_engine "
        "show_create_table_verbosity xa_detach_on_prepare",
    ),
    LeftAlone(reason="parloader creates no accounts.", mariadb="old_passwords", mysql="generated_random_password_length"),
    LeftAlone(
        reason="parloader uses no vector search.",
        mariadb="mhnsw_default_distance mhnsw_default_m mhnsw_ef_search",
    ),
    LeftAlone(
        reason="parloader uses no recursive query. One in a trigger works as the server's administrator has set it up.",
        mariadb="max_recursive_iterations standard_compliant_cte",
        mysql="cte_max_recursion_depth",
    ),
    LeftAlone(
        reason="parloader calls no function that depends on it. One in a trigger or generated column works as for every application on this server.",
        both="block_encryption_mode rand_seed1 rand_seed2",
        mysql="max_points_in_geometry windowing_use_high_precision",
    ),
    LeftAlone(
        reason="It is what NOW() returns. parloader only shows the times that it stores; a load works with any clock.",
        both="timestamp",
    ),
    LeftAlone(
        reason="It is what LAST_INSERT_ID() returns. parloader reads the keys of its own INSERTs only, from the server's answer.",
        both="identity last_insert_id",
    ),
    LeftAlone(
        reason="It limits recursion of stored procedures. A trigger that exceeds it fails with an error.", both="max_sp_recursion_depth"
    ),
    LeftAlone(
        reason="It only concerns UPDATE and DELETE with LIMIT on views; parloader writes to tables only.", both="updatable_views_with_limit"
    ),
    # Keys and tables
    LeftAlone(
        reason="Rows get their keys from the plan. Only the number of a run comes from AUTO_INCREMENT, and gaps between runs do no harm. "
        "A Galera cluster sets it so that nodes generate different keys.",
        both="auto_increment_increment auto_increment_offset",
    ),
    LeftAlone(
        reason="Each CREATE TABLE of parloader says ENGINE=InnoDB, and with NO_ENGINE_SUBSTITUTION the server refuses rather than uses another engine.",
        both="default_storage_engine default_tmp_storage_engine",
        mariadb="enforce_storage_engine storage_engine",
        mysql="external_table_secondary_storage_engine external_table_storage_engine",
    ),
    LeftAlone(
        reason="parloader names the character set, or compares ASCII words that are equal in every collation.",
        both="character_set_database character_set_filesystem character_set_server collation_database collation_server",
        mariadb="character_set_collations",
        mysql="default_collation_for_utf8mb4",
    ),
    LeftAlone(
        reason="Tables that parloader creates have a primary key, and no column or option that it concerns.",
        both="innodb_strict_mode",
        mysql="restrict_fk_on_non_standard_key sql_generate_invisible_primary_key sql_require_primary_key",
        mysql_before="show_old_temporals",
    ),
    LeftAlone(
        reason="On MariaDB, it only concerns CREATE TABLE with TIMESTAMP columns; parloader's tables have none.",
        mariadb="explicit_defaults_for_timestamp",
    ),
    LeftAlone(
        reason="It decides how new pages or values are stored (encrypted, compressed, indexed), not which values they hold.",
        both="innodb_ft_enable_stopword innodb_ft_user_stopword_table",
        mariadb="column_compression_threshold column_compression_zlib_level column_compression_zlib_strategy column_compression_zlib_wrap "
        "innodb_compression_default innodb_default_encryption_key_id",
        mysql="default_table_encryption",
    ),
    LeftAlone(
        reason="It is another name of alter_algorithm, which is set.",
        mariadb="old_alter_table",
    ),
    LeftAlone(
        reason="It only concerns statements that name a row's start or end, or that change the columns of a system versioned table.",
        mariadb="system_versioning_alter_history system_versioning_insert_history",
    ),
    LeftAlone(
        reason="parloader deletes child rows itself, before their parents, so no foreign key cascades.",
        mysql="enable_cascade_triggers",
    ),
    # The same rows, sooner or later
    LeftAlone(
        reason="It chooses between ways to the same result. The administrator has tuned it for this server, so it stays.",
        both="big_tables eq_range_index_dive_limit max_length_for_sort_data max_seeks_for_key optimizer_prune_level optimizer_search_depth "
        "optimizer_switch sql_buffer_result",
        mariadb="expensive_subquery_limit join_cache_level new_mode old optimizer_adjust_secondary_key_costs "
        "optimizer_extra_pruning_depth optimizer_join_limit_pref_ratio optimizer_scan_setup_cost optimizer_selectivity_sampling_limit "
        "optimizer_use_condition_selectivity optimizer_where_cost query_cache_strip_comments query_cache_wlock_invalidate tcp_nodelay "
        "thread_pool_priority use_stat_tables",
        mysql="enable_secondary_engine_statistics innodb_parallel_read_threads internal_tmp_mem_storage_engine optimizer_max_subgraph_pairs "
        "secondary_engine_cost_threshold",
        mysql_before="new",
    ),
    LeftAlone(
        reason="It is the size of a buffer. A small one makes statements slower, not different.",
        both="innodb_tmpdir join_buffer_size max_heap_table_size net_buffer_length query_alloc_block_size query_prealloc_size "
        "range_alloc_block_size read_buffer_size read_rnd_buffer_size tmp_table_size transaction_alloc_block_size "
        "transaction_prealloc_size",
        mariadb="join_buffer_space_limit max_rowid_filter_size mrr_buffer_size rowid_merge_buff_size tmp_memory_table_size",
        mysql="connection_memory_chunk_size innodb_ddl_buffer_size innodb_ddl_threads set_operations_buffer_size",
    ),
    LeftAlone(reason="It is ignored if sql_big_selects is 1, which is set.", both="max_join_size"),
    LeftAlone(reason="The server ignores it.", mariadb="max_tmp_tables"),
    # Limits that a session cannot lift
    LeftAlone(
        reason="It cannot be set in a session. parloader reads it and splits batches to fit.",
        both="max_allowed_packet",
    ),
    LeftAlone(
        reason="An administrator's limit, which a session cannot lift. Beyond it the server refuses or ends the connection, and the error names the limit.",
        both="max_user_connections",
        mysql="connection_memory_limit global_connection_memory_tracking parser_max_mem_size",
    ),
    LeftAlone(reason="It applies to interactive clients; parloader is none.", both="interactive_timeout net_retry_count"),
    # What is logged or reported
    LeftAlone(
        reason="It decides which messages the server keeps, or how it words them. Their numbers and how many there are stay the same, and parloader reads these only.",
        both="lc_messages max_error_count sql_warnings",
    ),
    LeftAlone(
        reason="It decides what the server logs or measures about statements.",
        both="long_query_time min_examined_row_limit optimizer_trace optimizer_trace_max_mem_size profiling profiling_history_size sql_log_off",
        mariadb="log_disabled_statements log_queries_not_using_indexes log_slow_admin_statements log_slow_always_query_time "
        "log_slow_disabled_statements log_slow_filter log_slow_max_warnings log_slow_min_examined_row_limit log_slow_query log_slow_query_time "
        "log_slow_rate_limit log_slow_slave_statements log_slow_verbosity log_warnings slow_query_log",
        mysql="optimizer_trace_features optimizer_trace_limit optimizer_trace_offset",
    ),
    LeftAlone(
        reason="The server sends it only to clients that ask for it when they connect; parloader does not.",
        both="session_track_schema session_track_state_change session_track_system_variables session_track_transaction_info",
        mariadb="progress_report_time redirect_url",
        mysql="resultset_metadata session_track_gtids",
    ),
    LeftAlone(
        reason="It is read-only, and tells something about the session.",
        both="error_count external_user proxy_user warning_count",
        mariadb="in_transaction last_gtid",
        mysql="gtid_owned statement_id",
        mysql_before="gtid_executed",
    ),
    LeftAlone(reason="It changes names of threads and events in monitoring tables.", mysql="terminology_use_previous"),
    # Replication
    LeftAlone(
        reason="It decides how changes are written to the binary log. Replicas get the same rows in any case: parloader's INSERT, UPDATE and DELETE "
        "statements name all values and keys, and --writer load-data is refused if binlog_format is STATEMENT.",
        both="binlog_direct_non_transactional_updates binlog_format binlog_row_image",
        mariadb="binlog_alter_two_phase binlog_annotate_row_events skip_parallel_replication",
        mysql="binlog_row_value_options binlog_rows_query_log_events binlog_transaction_compression binlog_transaction_compression_level_zstd",
        mysql_before="transaction_write_set_extraction",
    ),
    LeftAlone(
        reason="It names a transaction's origin in the binary log. Setting it needs an administrator's privilege, and replicas apply the transaction in any case.",
        mariadb="gtid_domain_id gtid_seq_no server_id wsrep_gtid_seq_no",
        mysql="immediate_server_version original_commit_timestamp original_server_version",
    ),
    LeftAlone(
        reason="It is for the output of mysqlbinlog. Setting it needs an administrator's privilege, and no server passes it on to sessions.",
        both="pseudo_slave_mode pseudo_thread_id",
        mysql="pseudo_replica_mode rbr_exec_mode require_row_format",
    ),
    LeftAlone(
        reason="It is how long a read waits for changes of other nodes. On the node that parloader is connected to, its own changes are visible at once; "
        "on Galera, wsrep_sync_wait is set.",
        mariadb="wsrep_causal_reads",
        mysql="group_replication_consistency",
    ),
    LeftAlone(
        reason="It is the unit of a setting that is 0, or how often a single statement is repeated after a conflict on Galera. "
        "A transaction is still committed on all nodes or on none.",
        mariadb="wsrep_retry_autocommit wsrep_trx_fragment_unit",
    ),
)


def known_names(kind: ServerKind) -> frozenset[str]:
    """All session variables of this kind of server that are in one of the tables."""
    entries = {entry.name for entry in ENTRIES if kind in entry.servers}
    return frozenset(entries.union(*(group.names(kind) for group in LEFT_ALONE)))
