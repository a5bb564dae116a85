select user_id, wanted_id as milestone_id, reached_at
from (
    {{ times_reached("select milestone_id as wanted_id, event_type as events, min_count from " ~ ref('activation_milestones')) }}
) as reached
